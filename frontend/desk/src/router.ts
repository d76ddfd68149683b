import { createRouter, createWebHistory } from 'vue-router'
import { useSession } from './stores/session'

export const router = createRouter({
  history: createWebHistory('/desk/'),
  routes: [
    { path: '/setup', name: 'setup', component: () => import('./pages/SetupPage.vue'), meta: { open: true } },
    { path: '/login', name: 'login', component: () => import('./pages/LoginPage.vue'), meta: { open: true } },
    { path: '/', name: 'desk', component: () => import('./pages/WorkbenchPage.vue') },
    { path: '/c/:id', name: 'conversation', component: () => import('./pages/WorkbenchPage.vue') },
    {
      path: '/settings',
      component: () => import('./pages/SettingsPage.vue'),
      meta: { supervisors: true },
      children: [
        { path: '', redirect: { name: 'team' } },
        { path: 'team', name: 'team', component: () => import('./pages/TeamPage.vue') },
        { path: 'queues', name: 'queues', component: () => import('./pages/QueuesPage.vue') },
        { path: 'undelivered', name: 'undelivered', component: () => import('./pages/UndeliveredPage.vue') },
        { path: 'plugins', name: 'plugins', component: () => import('./pages/PluginsPage.vue') },
      ],
    },
    { path: '/unreachable', name: 'unreachable', component: () => import('./pages/UnreachablePage.vue'), meta: { open: true } },
    { path: '/:rest(.*)*', redirect: { name: 'desk' } },
  ],
})

/** Everything but setup and login is for who is signed in; the login page brings them back where they wanted to go. */
router.beforeEach(async (to) => {
  if (to.meta.open) return true
  const session = useSession()
  const query = to.path === '/' ? {} : { next: to.fullPath }
  try {
    await session.restore()
  } catch {
    return { name: 'unreachable', query }
  }
  if (!session.agent) return { name: 'login', query }
  return to.meta.supervisors && !session.maySupervise ? { name: 'desk' } : true
})
