// Before the first paint: the theme the visitor chose, if any. Otherwise the system's.
try {
  const theme = localStorage.getItem('shop-theme')
  if (theme) document.documentElement.dataset.theme = theme
} catch {
  // Storage is refused: the system's theme it is.
}
