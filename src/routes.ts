import type { Config } from './config/config.ts';
import type { Delivery } from './delivery/delivery.ts';
import { banRoutes } from './features/bans/routes.ts';
import { blockRoutes } from './features/blocks/routes.ts';
import { contactRoutes } from './features/contacts/routes.ts';
import { conversationRoutes } from './features/conversations/routes.ts';
import { demoRoutes } from './features/demo/routes.ts';
import { exportRoutes } from './features/export/routes.ts';
import { fileRoutes } from './features/files/routes.ts';
import { followingRoutes } from './features/following/routes.ts';
import { groupRoutes } from './features/groups/routes.ts';
import { inboxRoutes } from './features/inbox/routes.ts';
import { socketRoutes } from './features/inbox/socket-routes.ts';
import { journalRoutes } from './features/journal/routes.ts';
import { memberRoutes } from './features/members/routes.ts';
import { batchRoutes } from './features/messages/batch-routes.ts';
import { eventRoutes } from './features/messages/event-routes.ts';
import { messageRoutes } from './features/messages/routes.ts';
import { presenceRoutes } from './features/presence/routes.ts';
import { pushRoutes } from './features/push/routes.ts';
import type { WebPush } from './features/push/web-push.ts';
import { reactionRoutes } from './features/reactions/routes.ts';
import type { RedisPing } from './features/service/redis-ping.ts';
import { serviceRoutes } from './features/service/routes.ts';
import type { SpaceJanitor } from './features/spaces/janitor.ts';
import { spaceRoutes } from './features/spaces/routes.ts';
import type { Spaces } from './features/spaces/spaces.ts';
import { tokenRoutes } from './features/tokens/routes.ts';
import { typingRoutes } from './features/typing/routes.ts';
import { userRoutes } from './features/users/routes.ts';
import type { Egress } from './features/webhooks/egress.ts';
import { webhookRoutes } from './features/webhooks/routes.ts';
import type { App } from './http/fastify.ts';
import type { SpacesHere } from './http/spaces-here.ts';
import { Sockets } from './http/streams/socket.ts';

/** What routes need that is of no space: what is of one comes with each request. */
export interface RoutesContext {
  config: Config;
  spaces: SpacesHere;
  registry: Spaces;
  /** Absent where spaces are off. */
  janitor: SpaceJanitor | undefined;
  delivery: Delivery;
  /** A subscriber or a reader whose socket takes nothing for so long is sent away, ms. */
  stallMs: number;
  egress: Egress;
  /** Absent where Web Push is off. */
  webPush: WebPush | undefined;
  pings: readonly RedisPing[];
  metrics(): Promise<string>;
}

/** Every operation of the API, by capability. */
export function registerRoutes(app: App, context: RoutesContext): void {
  const { config, spaces, registry, janitor, delivery, stallMs, egress, webPush, pings, metrics } = context;
  const { presence } = config;
  const streaming = { hub: delivery.hub, presence };
  const sockets = new Sockets(app, { ...config, ...streaming });
  userRoutes(app);
  contactRoutes(app);
  blockRoutes(app);
  groupRoutes(app);
  memberRoutes(app);
  banRoutes(app);
  messageRoutes(app, { streaming });
  batchRoutes(app);
  eventRoutes(app);
  reactionRoutes(app);
  conversationRoutes(app);
  exportRoutes(app, { stallMs });
  fileRoutes(app, { stallMs });
  typingRoutes(app);
  presenceRoutes(app);
  inboxRoutes(app, { streaming });
  socketRoutes(app, { sockets, presence });
  followingRoutes(app, { streaming, sockets });
  journalRoutes(app, { streaming });
  webhookRoutes(app, { egress });
  pushRoutes(app, { webPush });
  tokenRoutes(app);
  demoRoutes(app, { space: spaces.default, demo: { allowed: config.demoLogin, secret: config.demoSecret } });
  spaceRoutes(app, {
    spaces: registry,
    areOn: config.spaces,
    janitor,
    changed: (name) => spaces.spaceChanged(name),
  });
  serviceRoutes(app, { pings, delivery, metrics });
}
