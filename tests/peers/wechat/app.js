// A server as somebody else writes it: npm's wechat in AES mode at /safe and in plain mode at /plain, and wechat-crypto by itself.
const http = require('http');
const wechat = require('wechat');
const Crypto = require('wechat-crypto');

const options = JSON.parse(process.argv[2]);
const account = { token: options.token, appid: options.appid, encodingAESKey: options.aes_key };
const crypto = new Crypto(options.token, options.aes_key, options.appid);

function talk(request, response) {
  const message = request.weixin;
  if (message.MsgType === 'event') response.reply('');
  else if (message.Content === 'news') response.reply([{ title: '标题', description: '说明', picurl: '', url: 'https://example.com/' }]);
  else if (message.Content === '人工') response.transfer2CustomerService('kf2001@desk');
  else response.reply(`${message.MsgType}:${message.Content || message.PicUrl || message.Recognition || message.Label}`);
}

const servers = { '/safe': wechat(account, talk), '/plain': wechat(options.token, talk) };
const tools = {
  '/seal': (text) => {
    const sealed = crypto.encrypt(text);
    return { sealed, signature: crypto.getSignature('1714036504', '1514711492', sealed) };
  },
  '/open': (sealed) => crypto.decrypt(sealed),
};

http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  request.query = Object.fromEntries(url.searchParams);
  if (servers[url.pathname]) {
    servers[url.pathname](request, response, (error) => { response.writeHead(500); response.end(String(error)); });
    return;
  }
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => response.end(JSON.stringify(tools[url.pathname](Buffer.concat(chunks).toString()))));
}).listen(options.port, '127.0.0.1');
