import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./app/studio.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { oldAddress } from "./app/old-addresses";
import { router } from "./app/router";
import { theme } from "./app/theme";
import { queryClient } from "./lib/query-client";

// What writes styles at run time shows the page's nonce, or the browser takes none of them.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";
setNonce(nonce);

const moved = oldAddress(location.hash);
if (moved) history.replaceState(null, "", new URL(moved, document.baseURI));

// Routes ask the server first, and React begins while it answers.
void router.load();

createRoot(document.getElementById("studio")!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-right" zIndex={400} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
