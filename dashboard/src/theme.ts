import { createTheme, Modal, Popover, Tooltip, type MantineColorScheme } from "@mantine/core";

/** What the stylesheets can't say. No part of the library may write a style element: the page's policy forbids it. */
export const theme = createTheme({
  primaryColor: "indigo",
  autoContrast: true,
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Modal: Modal.extend({
      defaultProps: { lockScroll: false, centered: true, transitionProps: { duration: 120 } }
    }),
    Popover: Popover.extend({ defaultProps: { transitionProps: { duration: 100 }, shadow: "md" } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 250 } })
  }
});

const KEY = "webiny-tasks-color-scheme";

/** Keeps the choice where theme.js finds it before the page is painted. */
export const colorSchemeManager = {
  get: (fallback: MantineColorScheme): MantineColorScheme => {
    try {
      const kept = localStorage.getItem(KEY);
      return kept === "light" || kept === "dark" ? kept : fallback;
    } catch {
      return fallback;
    }
  },
  set: (value: MantineColorScheme): void => {
    try {
      localStorage.setItem(KEY, value);
    } catch {
      // Then it holds as long as the page is open.
    }
  },
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => undefined
};
