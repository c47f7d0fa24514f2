// Sets the colour scheme before the page is painted; the app keeps the choice under the same name.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("webiny-tasks-color-scheme");
  } catch (error) {
    // No storage here (a setting of the browser): the system's scheme is used.
  }
  var isDark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", isDark ? "dark" : "light");
})();
