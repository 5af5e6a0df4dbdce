import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  // The page works behind a proxy that puts it into a folder.
  base: './',
  resolve: {
    alias: [
      {
        find: /^ndarray(-ops)?$/,
        replacement: fileURLToPath(new URL('src/browser/ndarray.ts', import.meta.url)),
      },
    ],
  },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The browser of files alone is larger.
    chunkSizeWarningLimit: 2_000,
    // The content security policy lets nothing in that is not a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
