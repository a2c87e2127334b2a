FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:24-slim
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY bin bin
COPY src src
COPY docs docs
COPY simulations simulations
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
# The volume takes its owner from the folder that is there before it is declared; `switchyard org create` is what the start tells to run.
RUN mkdir /data && chown node:node /data && ln -s /app/bin/switchyard.js /usr/local/bin/switchyard
VOLUME /data
USER node
EXPOSE 4000
# Everything runs on a read-only root, and nothing needs a shell.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/health/ready`).then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "bin/switchyard.js", "serve"]
