# Build: everything, compiled.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY src/client/package.json ./src/client/
COPY src/web/package.json ./src/web/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY openapi ./openapi
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

# Run: the service, and a Redis for it to start when REDIS_URL is not set.
FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends redis-server \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /data && chown node:node /data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY openapi ./openapi

# In a container "this machine" is the container: with the default 127.0.0.1 nobody could reach the service.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8888 DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 8888
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# `docker run --init` is not needed: node handles the signals itself, and its only child is one that it waits for.
# Give it time to drain and to stop Redis: `docker stop --time 30`.
STOPSIGNAL SIGTERM
CMD ["node", "dist/main.js"]
