import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const TEXT = /\.(?:html|js|mjs|css|svg|json|txt|webmanifest)$/

/**
 * Writes `.br` and `.gz` beside each text file of a build, so that the server never compresses.
 *
 * Files are read back from the disk after they are written: what is compressed is exactly what is served.
 * Only files of this build are touched, so two builds may share one output directory.
 */
export function precompress(): Plugin {
  return {
    name: 'frontdesk-precompress',
    apply: 'build',
    enforce: 'post',
    async writeBundle(output, bundle) {
      if (!output.dir) return
      for (const file of Object.keys(bundle).filter((name) => TEXT.test(name))) {
        const path = join(output.dir, file)
        const content = await readFile(path)
        const hint = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
        await writeFile(`${path}.br`, brotliCompressSync(content, { params: hint }))
        await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }))
      }
    },
  }
}
