# One image for the webhook and the controller; Node runs the TypeScript sources as they are.
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional packages are a Node for machines whose own is too old.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY . .
USER 65532:65532
# Not through the launcher: Node as the only process gets the signals itself.
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "/app/cli/main.ts"]
CMD ["--help"]
