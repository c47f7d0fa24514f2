import "./styles/mantine.css";
import "./styles/app.css";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.js";
import { colorSchemeManager, theme } from "./theme.js";

const queries = new QueryClient({
  defaultOptions: {
    // What fails is asked again where it is polled, or by the user; the page shows it at once.
    queries: { retry: false, networkMode: "always", staleTime: 1_000 },
    mutations: { networkMode: "always" }
  }
});

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        colorSchemeManager={colorSchemeManager}
        withCssVariables={false}
        withGlobalClasses={false}
      >
        <QueryClientProvider client={queries}>
          <App />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>
  );
}
