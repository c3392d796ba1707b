# syntax=docker/dockerfile:1

FROM node:24-slim AS site
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY api/package.json api/
COPY server/package.json server/
COPY web/package.json web/
RUN npm ci --omit=dev --workspace web --include-workspace-root=false
COPY api/src api/src
COPY web web
RUN node web/build.ts

FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY api/package.json api/
COPY server/package.json server/
# As long as others need them, peers that are optional count as wanted: tools and the web app are taken out first.
RUN npm pkg delete devDependencies optionalDependencies 'workspaces[2]' && npm ci --omit=dev --omit=peer
COPY server/bundle-packages.ts server/
COPY server/src/bundled-packages.ts server/src/
# The bundler is found one folder up, so that it stays out of the image.
COPY --from=site /app/node_modules /node_modules
RUN node server/bundle-packages.ts

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data NODE_COMPILE_CACHE=node_modules/.cache/node
COPY --from=packages /app ./
COPY api/src api/src
COPY server/src server/src
COPY docs/openapi.json docs/
COPY --from=site /app/web/dist web/dist
# A volume that is new gets the owner of its place.
RUN install -d -o node -g node -m 0700 /data /backups node_modules/.cache/node
USER node
# One start leaves its compiled code for all others, which on a read-only disk could keep none.
RUN folder=$(mktemp -d) && HOST=127.0.0.1 PORT=0 DATA_DIR=$folder \
  timeout --preserve-status 10 node --max-semi-space-size=4 server/src/main.ts && rm -r $folder
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
# A small young generation keeps an idle server some 25 MB smaller.
CMD ["node", "--max-semi-space-size=4", "server/src/main.ts"]
