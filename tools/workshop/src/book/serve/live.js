// Reloads this page when the book was built anew, and shows why when it cannot be built.
// The server adds this to the pages that it serves; the built book does not have it.
(() => {
  'use strict';
  const version = document.currentScript.dataset.version;
  let source = null;

  function show(problem) {
    let banner = document.getElementById('workshop-problem');
    if (!problem) {
      banner?.remove();
      return;
    }
    if (!banner) {
      banner = document.createElement('div');
      banner.id = 'workshop-problem';
      banner.setAttribute('role', 'alert');
      banner.style.cssText =
        'position:fixed;inset:auto 0 0 0;z-index:2000;max-height:45vh;overflow:auto;' +
        'padding:1.4rem 2.4rem;background:#7a1420;color:#fff;' +
        'box-shadow:0 -0.4rem 2rem rgba(0,0,0,.35)';
      banner.append(document.createElement('strong'), document.createElement('pre'));
      banner.firstChild.textContent = 'The book cannot be built. You see the last good one.';
      banner.lastChild.style.cssText = 'margin:.8rem 0 0;white-space:pre-wrap;font-size:1.4rem';
      document.body.append(banner);
    }
    banner.lastChild.textContent = problem;
  }

  // A browser opens only six connections to one server, so that a page in a hidden tab gives up its own.
  function listen() {
    source?.close();
    source = null;
    if (document.hidden) return;
    source = new EventSource('/-/events');
    source.onmessage = (event) => {
      const state = JSON.parse(event.data);
      if (state.version !== version) location.reload();
      else show(state.problem);
    };
  }

  document.addEventListener('visibilitychange', listen);
  window.addEventListener('pagehide', () => source?.close());
  window.addEventListener('pageshow', (event) => event.persisted && listen());
  listen();
})();
