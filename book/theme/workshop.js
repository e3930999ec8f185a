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
