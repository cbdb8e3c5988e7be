import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const pages = "../src/millpond/studio/pages";

/** Every asset once more, compressed: the server sends it as it lies there. */
function compressed(): Plugin {
  return {
    name: "compressed",
    closeBundle() {
      const folder = join(import.meta.dirname, pages, "assets");
      for (const name of readdirSync(folder)) {
        const packed = gzipSync(readFileSync(join(folder, name)), {
          level: constants.Z_BEST_COMPRESSION,
        });
        writeFileSync(join(folder, `${name}.gz`), packed);
      }
    },
  };
}

export default defineConfig({
  // Relative addresses: the page's <base> says where the server is, behind whatever prefix.
  base: "./",
  plugins: [react(), compressed()],
  resolve: { alias: { "@": join(import.meta.dirname, "src") } },
  build: {
    outDir: pages,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
  },
});
