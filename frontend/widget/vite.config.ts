import { fileURLToPath } from 'node:url'
import preact from '@preact/preset-vite'
import { defineConfig, type UserConfig } from 'vite'
import { precompress } from '../precompress.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The panel: a page of our own origin, at `/{instance}/frame`, so all its addresses are relative. */
const panel: UserConfig = {
  base: './',
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false }), precompress()],
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
