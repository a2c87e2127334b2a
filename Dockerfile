FROM node:24-slim
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY bin bin
COPY src src
COPY simulations simulations
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
# The volume takes its owner from the folder that is there before it is declared; `switchyard org create` is what the start tells to run.
RUN mkdir /data && chown node:node /data && ln -s /app/bin/switchyard.js /usr/local/bin/switchyard
VOLUME /data
USER node
EXPOSE 4000
CMD ["node", "bin/switchyard.js", "serve"]
