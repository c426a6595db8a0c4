// Light or dark before the first paint: the remembered choice, else what the system says.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('hone.theme');
  } catch {
    // Storage may be switched off; then the system decides.
  }
  var dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
