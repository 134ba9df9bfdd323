import type { Service } from './browser.ts';

export const ME = 'Mira Castellanos';
const OTHERS = ['Jonas Weber', 'Aiko Tanaka', 'Sam Okafor', '李小明', 'Priya Raman', 'Elena Rossi', 'Tomás Oliveira'];

/** People, groups and what they have said, as the pictures of the page show them. */
export class Scene {
  readonly #service: Service;
  /** By their first name. */
  readonly uids: Record<string, string> = {};

  constructor(service: Service) {
    this.#service = service;
  }

  get me(): string {
    return this.uid('Mira');
  }

  uid(firstName: string): string {
    const uid = this.uids[firstName];
    if (!uid) throw new Error(`nobody is called ${firstName}`);
    return uid;
  }

  /** Logs in by a name, as the page does: the uid is made from it. */
  async logIn(name: string): Promise<string> {
    const answer = await fetch(`${this.#service.url}/v1/demo/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, secret: this.#service.demoSecret }),
    });
    const { uid, token } = (await answer.json()) as { uid: string; token: string };
    this.uids[name.split(' ')[0]!] = uid;
    return token;
  }

  async fill(): Promise<void> {
    for (const name of [ME, ...OTHERS]) await this.logIn(name);
    for (const peer of OTHERS) await this.#put(`/users/${this.me}/contacts/${this.uid(peer.split(' ')[0]!)}`);
    await this.#hike();
    await this.#others();
    await this.#jonas();
    await this.#list();
  }

  /** A member is in it whom nobody may hear, one who is banned, one who asks to join. */
  async #hike(): Promise<void> {
    const members = ['Jonas', 'Aiko', 'Sam', '李小明', 'Elena'];
    await this.#group('saturday-hike', 'Saturday hike', this.me, members, { joinPolicy: 'approval' });
    const say = (from: string, text: string, more?: object) => this.#say(from, 'group:saturday-hike', text, more);
    await this.#call('PATCH', `/groups/saturday-hike/members/${this.uid('Jonas')}`, { role: 'admin' });
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    await this.#call('PATCH', `/groups/saturday-hike/members/${this.uid('Elena')}`, { silencedUntil: tomorrow });
    await this.#put(`/groups/saturday-hike/bans/${this.uid('Tomás')}`);
    const who = await say('Mira', 'Who is in for the hike on Saturday?');
    const car = await say('Aiko', 'Me! I can take three people in the car.', { replyTo: who });
    for (const one of ['Sam', '李小明', 'Mira']) await this.#react(one, 'group:saturday-hike', car, '🙌');
    await this.#react('Jonas', 'group:saturday-hike', car, '🚗');
    await say('Sam', 'Count me in. Is there snow up there already?');
    await say('Jonas', 'A little, above **1,800 m**. Bring proper shoes, and a second pair of socks.');
    await say('李小明', '我也去，带上热茶 🍵');
    const { id } = await this.#sent('Sam', 'group:saturday-hike', 'wrong chat, sorry');
    await this.#call('DELETE', `${this.#log('Sam', 'group:saturday-hike')}/${id}`);
    await say('Aiko', `@${this.me} shall we meet at 7 at the station?`, { mentions: [this.me] });
    const headers = { authorization: `Bearer ${await this.logIn('Robin Novak')}` };
    await fetch(`${this.#service.url}/v1/groups/saturday-hike/members/me`, { method: 'PUT', headers });
  }

  async #jonas(): Promise<void> {
    const chat = (from: string) => (from === 'Mira' ? `user:${this.uid('Jonas')}` : `user:${this.me}`);
    const say = (from: string, text: string, more?: object) => this.#say(from, chat(from), text, more);
    const asked = await say('Jonas', 'Morning! Did the new build reach you?');
    await say('Mira', 'It did. Installed on two phones, and everything was there after I pulled the plug.', {
      replyTo: asked,
    });
    const nothing = await say('Mira', 'Nothing lost, nothing twice. I cheked.');
    const path = `${this.#log('Mira', chat('Mira'))}/${nothing}`;
    await this.#call('PATCH', path, { fields: { text: 'Nothing lost, nothing twice. I checked.' } });
    const happy = await say('Jonas', 'That is what I wanted to read 🎉');
    await this.#react('Mira', chat('Mira'), happy, '❤️');
    await say(
      'Jonas',
      'Notes are [here](https://example.com/notes/release-1.2). To see it live:\n```\ncurl -N $URL/v1/users/me/inbox/stream\n```',
    );
    await say('Mira', 'Thanks! Shall we meet at noon, at the usual place?');
    const yes = await say('Jonas', 'Yes. I’ll bring Aiko.');
    await this.#react('Mira', chat('Mira'), yes, '👍');
    await this.#read('Jonas', chat('Jonas'), yes);
    await this.#read('Mira', chat('Mira'), yes);
  }

  async #others(): Promise<void> {
    await this.#group('design', 'Design team', this.uid('Priya'), ['Mira', 'Sam', 'Elena'], {});
    await this.#say('Priya', 'group:design', 'New icons are in the shared folder');
    await this.#group('announcements', 'Announcements', this.uid('Elena'), ['Mira', 'Sam'], { postPolicy: 'admins' });
    const closed = await this.#say('Elena', 'group:announcements', 'The office is closed on Friday.');
    await this.#read('Mira', 'group:announcements', closed);
    await this.#group('city-news', 'City news', this.uid('Elena'), ['Mira', 'Sam', 'Aiko', 'Priya'], {
      kind: 'channel',
      postPolicy: 'admins',
    });
    const news = await this.#say(
      'Elena',
      'group:city-news',
      '**This week**\n- The library opens on Sundays\n- Line 4 is closed until Friday:\n  - take the bus 40\n  - or walk\n- Swimming is free for children',
    );
    await this.#read('Mira', 'group:city-news', news);
    await this.#say('Elena', 'group:city-news', 'The market moves to the station square on Saturday.');
    await this.#group('photos', 'Photo club', this.me, ['Jonas', 'Aiko'], { kind: 'channel' });
    const fog = await this.#say('Jonas', 'group:photos', 'Fog in the valley, 6 am.');
    await this.#react('Aiko', 'group:photos', fog, '👍');
    await this.#group('choir', 'Choir', this.uid('Tomás'), ['Mira'], {});
    await this.#say('Tomás', 'group:choir', 'See you on Tuesday');
    await this.#group('book-club', 'Book club', this.uid('Sam'), ['Mira', 'Elena'], {});
    await this.#say('Elena', 'group:book-club', 'Which one is next?');
    await this.#call('DELETE', `/groups/book-club/members/${this.me}`);
    await this.#group('old-flat', 'Old flat', this.uid('Sam'), ['Mira'], {});
    await this.#say('Sam', 'group:old-flat', 'Keys are returned');
    await this.#call('DELETE', '/groups/old-flat');
    await this.#group('chess', 'Chess evening', this.uid('Tomás'), [], {});
    await this.#say(
      'Sam',
      `user:${this.me}`,
      'Can you have a look at the figures when you find a moment? There is no hurry.',
    );
    const plan = await this.#say('Priya', `user:${this.me}`, 'The plan for next week is ready');
    await this.#read('Mira', `user:${this.uid('Priya')}`, plan);
    await this.#put(`/users/${this.uid('Elena')}/blocks/${this.me}`);
    await this.#put(`/users/${this.me}/blocks/${this.uid('Tomás')}`);
    await this.#say('Aiko', `user:${this.me}`, 'See you at noon!');
  }

  /** What a list has: something pinned, muted, archived. */
  async #list(): Promise<void> {
    const set = (conversation: string, patch: object) =>
      this.#call('PATCH', `/users/${this.me}/conversations/${conversation}`, patch);
    await set('group:saturday-hike', { pinned: true });
    await set('group:design', { mutedUntil: '2099-01-01T00:00:00.000Z' });
    await set('group:choir', { archived: true });
  }

  async #group(gid: string, name: string, owner: string, members: string[], more: object): Promise<void> {
    await this.#call('PUT', `/groups/${gid}`, { fields: { name }, owner, ...more });
    for (const one of members) await this.#put(`/groups/${gid}/members/${this.uid(one)}`);
  }

  async #say(from: string, to: string, text: string, more: object = {}): Promise<string> {
    return (await this.#sent(from, to, text, more)).id;
  }

  #sent(from: string, to: string, text: string, more: object = {}): Promise<{ id: string }> {
    return this.#call('POST', this.#log(from, to), { fields: { text }, ...more }) as Promise<{ id: string }>;
  }

  #log(who: string, conversation: string): string {
    return `/users/${this.uid(who)}/conversations/${conversation}/messages`;
  }

  #react(who: string, conversation: string, id: string, reaction: string): Promise<unknown> {
    return this.#put(`${this.#log(who, conversation)}/${id}/reactions/${encodeURIComponent(reaction)}`);
  }

  #read(who: string, conversation: string, upTo: string): Promise<unknown> {
    return this.#call('PUT', `/users/${this.uid(who)}/conversations/${conversation}/read`, { upTo });
  }

  #put(path: string): Promise<unknown> {
    return this.#call('PUT', path);
  }

  #call(method: string, path: string, body?: object): Promise<unknown> {
    return this.#service.call(method, path, body);
  }
}
