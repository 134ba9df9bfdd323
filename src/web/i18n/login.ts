export const en = {
  login: 'Log in',
  loginTitle: 'Welcome to redisim',
  loginIntro: 'Pick a name and start chatting. No account needed.',
  loginHint:
    'Just trying it out? Open this page in a private window, too, pick another name there, and chat with yourself.',
  copyLink: 'Copy link',
  linkIntro:
    'To log in with just a name, open the link shown in the terminal where redisim is running. It ends in #demo=…',
  tokenRefused: 'This token isn’t valid, or no longer. Ask your server for a new one.',
  yourName: 'Your name',
  tokenIntro: 'Log in with a user token. Your server makes one with POST /v1/tokens.',
  token: 'Token',
  orToken: 'Or log in with a user token',
  loginExpired: 'Your login has ended. Please log in again.',
};

export const zh: typeof en = {
  login: '登录',
  loginTitle: '欢迎使用 redisim',
  loginIntro: '取个名字就能开始聊天，无需注册。',
  loginHint: '想先试试？在无痕窗口中也打开此页面，换个名字登录，就能和自己聊天。',
  copyLink: '复制链接',
  linkIntro: '请打开启动 redisim 的终端中显示的链接（以 #demo=… 结尾），只需取个名字即可登录。',
  tokenRefused: '该令牌无效或已过期，请向你的服务器获取新的令牌。',
  yourName: '你的名字',
  tokenIntro: '请使用用户令牌登录。令牌由你的服务器通过 POST /v1/tokens 签发。',
  token: '令牌',
  orToken: '或使用用户令牌登录',
  loginExpired: '登录已失效，请重新登录。',
};
