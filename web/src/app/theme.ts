import { createTheme, type MantineColorsTuple } from "@mantine/core";

const pond: MantineColorsTuple = [
  "#e6f4f7", "#d3e7ec", "#a7d0da", "#77b8c7", "#50a3b7", "#3797ad", "#2790a8", "#177d94",
  "#0f6e84", "#005f74",
]; // biome-ignore format: a table

export const theme = createTheme({
  primaryColor: "pond",
  primaryShade: { light: 8, dark: 8 },
  colors: { pond },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "11px", sm: "13px", md: "13px", lg: "15px", xl: "18px" },
  defaultRadius: 4,
  cursorType: "pointer",
  respectReducedMotion: true,
});
