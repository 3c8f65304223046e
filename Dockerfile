# The second door: the gateway as one process (docs/container.md). Nothing but the bundle is in it.

# The bundle is the same for every architecture, so it is built by the builder's own.
FROM --platform=$BUILDPLATFORM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# No package's script runs: esbuild finds its program without.
RUN npm ci --ignore-scripts
COPY . .
RUN node infra/container-build.ts /bundle

FROM node:24-slim
WORKDIR /app
COPY LICENSE NOTICE ./
COPY --from=build /bundle ./
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080
# MB. By itself V8 lets garbage lie by the machine's memory, not by what is alive (12 MB under load): below 2 GB of old space it
# collects at twice that, not at four times; and 8 MB of new space for each half hold what calls under way need, where 32 only cost.
ENV NODE_OPTIONS="--max-old-space-size=1024 --max-semi-space-size=8"
# By number, so that Kubernetes can see that it is not root. Nothing is written: the root may be read-only.
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.PORT||8080)+'/health').then(({ok})=>process.exit(ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["node", "index.mjs"]
