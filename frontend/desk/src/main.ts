import { createPinia } from 'pinia'
import { createApp } from 'vue'
import 'element-plus/theme-chalk/base.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/element.css'
import App from './App.vue'
import { i18n } from './i18n'
import { load, save } from './lib/storage'
import { router } from './router'

const RELOADED = 'frontdesk.reloaded'

// After an update of the hub an old page asks for parts that are gone: the new page has them, and drafts are kept.
window.addEventListener('vite:preloadError', (event) => {
  const last = load<number>(RELOADED, 0)
  if (Date.now() - last < 30_000) return // reloading did not help: let the error show
  event.preventDefault()
  save(RELOADED, Date.now())
  location.reload()
})

createApp(App).use(createPinia()).use(i18n).use(router).mount('#app')
