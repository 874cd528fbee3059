import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

// One module and one style sheet with fixed names among the site's static files; seats/static/desk/im.js mounts them.
export default defineConfig({
  plugins: [vue()],
  // The emoji plugin asks for an older patch of the engine; two of them would not know of each other.
  resolve: { dedupe: ["@tencentcloud/chat-uikit-engine-lite", "@tencentcloud/tui-core-lite", "vue"] },
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  css: { preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: ["import", "mixed-decls", "color-functions", "global-builtin"] } } },
  base: "./",
  build: {
    outDir: "../static/im-desk",
    emptyOutDir: true,
    cssCodeSplit: false,
    chunkSizeWarningLimit: 6000,
    rollupOptions: {
      input: "src/main.js",
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: "im-desk.js",
        inlineDynamicImports: true,
        assetFileNames: ({ names }) => (names[0]?.endsWith(".css") ? "im-desk.css" : "[name][extname]"),
      },
    },
  },
});
