export const en = {
  notifyAsk: 'Do you want to be notified when a message arrives?',
  notifyYes: 'Turn on',
  notifyNo: 'Not now',
  newMessage: 'New message',
};

export const zh: typeof en = {
  notifyAsk: '收到新消息时通知你吗？',
  notifyYes: '开启',
  notifyNo: '以后再说',
  newMessage: '新消息',
};
