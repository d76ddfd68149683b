// An app on koishi that repeats what it hears; node app.js '{"port": …, "selfId": …, "protocol": …, …}'.
const { Context, HTTP, h } = require('koishi')
const Server = require('@koishijs/plugin-server').default
const OneBot = require('koishi-plugin-adapter-onebot').default

const { port, ...config } = JSON.parse(process.argv[2])
const app = new Context()
app.plugin(HTTP)
app.plugin(Server, { host: '127.0.0.1', port })
app.plugin(OneBot, config)
app.on('message', (session) => {
  if (session.userId === session.selfId) return
  const words = h.select(session.elements, 'text').map((one) => one.attrs.content).join('').trim()
  session.send(`你说：${words}`)
})
app.start()
