import { createApp } from 'vue'

createApp({ render: () => '前台' }).mount('#app')
