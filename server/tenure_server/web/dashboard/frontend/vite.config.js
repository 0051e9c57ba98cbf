// Builds the dashboard's one script and one style sheet into ../static/build, named by their content.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    outDir: process.env.TENURE_DASHBOARD_OUT ?? "../static/build",
    emptyOutDir: true,
    manifest: "manifest.json",
    license: { fileName: "licences.md" },
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: false,
    target: "es2022",
    rolldownOptions: { input: "src/main.js" },
  },
});
