# One image for the webhook and the controller; Node runs the TypeScript sources as they are. Its files are those of `npm run image`, which needs no container
# engine; only the C libraries are this base's instead of the building machine's.
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS files
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
COPY . .
RUN node image/main.ts --root /image

FROM scratch
COPY --from=files /image /
ENV PATH=/usr/local/bin NODE_ENV=production
WORKDIR /app
USER 65532:65532
# Not through the launcher: Node as the only process gets the signals itself.
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "/app/cli/main.ts"]
CMD ["--help"]
