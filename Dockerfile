# The writer as a container: docker build -t bliss-scan-writer .
# It runs as a user without rights, needs no place to write but the directories of scans and /state, and answers HTTP on
# port 8350. See docs/operating.md; docker-compose.yml shows all of it.

FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:22-bookworm-slim
# Else glibc keeps memory for each thread: 50 MB more at the peak of a slow disk.
ENV MALLOC_ARENA_MAX=2 \
    NODE_ENV=production \
    SCAN_WRITER_STATE=/state \
    SCAN_WRITER_HTTP=0.0.0.0:8350
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
RUN chmod 755 dist/cli/main.js \
 && ln -s /app/dist/cli/main.js /usr/local/bin/scan-writer \
 && install -d -o node -g node /state
USER node
VOLUME /state
EXPOSE 8350
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8350/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["run", "--all-sessions"]
