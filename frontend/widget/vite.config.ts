import { fileURLToPath } from 'node:url'
import preact from '@preact/preset-vite'
import { defineConfig, type Plugin, type UserConfig } from 'vite'
import { precompress } from '../precompress.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/**
 * Leaves out what Vite adds for preloading: 1 kB compressed, and of no use where parts that are loaded later have
 * neither style sheets nor imports of their own that the first part lacks.
 */
const bareImports: Plugin = {
  name: 'frontdesk-bare-imports',
  enforce: 'pre',
  load: (id) => (id.endsWith('vite/preload-helper.js') ? 'export const __vitePreload = (load) => load()' : null),
}

/** The panel: a page of our own origin, at `/{instance}/frame`, so all its addresses are relative. */
const panel: UserConfig = {
  base: './',
  plugins: [bareImports, preact({ devToolsEnabled: false, prefreshEnabled: false }), precompress()],
  build: {
    outDir: here('../../plugins/hub_web/static'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the frame's content security policy allows files of its own origin only
    modulePreload: false, // its polyfill would be an inline script, and there is nothing to preload
    reportCompressedSize: false,
  },
}

/** The loader: one classic script with a fixed name, which shops put on their pages. Built after the panel. */
const loader: UserConfig = {
  plugins: [precompress()],
  build: {
    outDir: here('../../plugins/hub_web/static'),
    emptyOutDir: false,
    target: 'es2020',
    reportCompressedSize: false,
    rollupOptions: {
      input: here('src/loader/main.ts'),
      output: { format: 'iife', entryFileNames: 'w.js' },
    },
  },
}

export default defineConfig(({ mode }) => (mode === 'loader' ? loader : panel))
