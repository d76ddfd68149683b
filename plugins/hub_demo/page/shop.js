// The little the demo page does by itself: the theme, an estimate of a price, and opening the chat.
const english = document.documentElement.lang === 'en'

// Per zone: yuan for the first kilogram and for each further one, as the knowledge base tells them.
const PRICES = { city: [8, 2], province: [10, 4], country: [12, 6] }

function estimate(zone, kilograms) {
  const [first, further] = PRICES[zone]
  return first + Math.max(0, Math.ceil(kilograms) - 1) * further
}

function showEstimate() {
  const form = document.getElementById('estimate')
  const kilograms = Math.min(Math.max(Number(form.elements.weight.value) || 1, 0.1), 50)
  document.getElementById('amount').textContent = `¥${estimate(form.elements.zone.value, kilograms)}`
}

function toggleTheme() {
  const root = document.documentElement
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  root.dataset.theme = dark ? 'light' : 'dark'
  try {
    localStorage.setItem('shop-theme', root.dataset.theme)
  } catch {
    // Kept for this page only.
  }
}

/** The chat's script is loaded beside the page: what is asked before it is there waits in its queue. */
function chat(...command) {
  window.frontdesk ??= Object.assign((...args) => window.frontdesk.q.push(args), { q: [] })
  window.frontdesk(...command)
}

document.getElementById('theme').addEventListener('click', toggleTheme)
document.getElementById('estimate').addEventListener('input', showEstimate)
document.getElementById('track').addEventListener('submit', (event) => {
  event.preventDefault()
  const number = event.currentTarget.elements.number.value.trim()
  document.getElementById('found').textContent = english
    ? `This is a demo, so ${number || 'this parcel'} is on no truck. Ask our assistant how tracking works: it answers for real.`
    : `这是演示页面，${number || '这个包裹'}并不在路上。可以问问在线客服怎么查件，客服的回答是真的。`
  chat('open')
})
for (const button of document.querySelectorAll('[data-chat]')) {
  button.addEventListener('click', () => chat('open', { text: button.dataset.chat }))
}
showEstimate()
