// Sets light or dark before the first paint: the remembered choice, else the preference of the system.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('hone.theme');
  } catch {
    // Storage is switched off: the system decides.
  }
  var dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
