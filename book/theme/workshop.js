// The theme has two looks, light and dark, so that mdBook's menu offers these and "Auto" alone.
(() => {
  'use strict';
  const counterparts = { rust: 'light', coal: 'navy', ayu: 'navy' };

  // A reader may have chosen one of the others in another book that was served on this port.
  let saved = null;
  try {
    saved = localStorage.getItem('mdbook-theme');
  } catch {
    // Storage is switched off: nothing was chosen.
  }
  if (saved in counterparts) {
    document.getElementById(`mdbook-theme-${counterparts[saved]}`).click();
  }
  for (const name of Object.keys(counterparts)) {
    document.getElementById(`mdbook-theme-${name}`).parentElement.remove();
  }
  document.getElementById('mdbook-theme-navy').textContent = 'Dark';
})();

// What is wider or higher than its box can be scrolled by the keyboard, too, and the arrow keys do not turn the page then.
(() => {
  'use strict';
  const boxes = document.querySelectorAll('.content pre > code, .content .table-wrapper, .drawing-scroll');
  const update = () => {
    for (const box of boxes) {
      const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
      if (scrolls) {
        box.tabIndex = 0;
      } else {
        box.removeAttribute('tabindex');
      }
    }
  };
  for (const box of boxes) {
    box.addEventListener('keydown', (event) => {
      if (event.key.startsWith('Arrow')) {
        event.stopPropagation();
      }
    });
  }
  update();
  window.addEventListener('resize', update);
})();
