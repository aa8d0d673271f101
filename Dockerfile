# The operator as an image: Node, the sources as they are, and the libraries they need; nothing is compiled.
# BASE must hold Node 26 and npm. Any will do that runs as a non-root user; a digest makes the build repeatable.
ARG BASE=node:26-slim

FROM ${BASE} AS libraries
WORKDIR /calsync
COPY package.json package-lock.json .npmrc ./
# Without development dependencies, and without any package's install scripts.
RUN npm ci --omit=dev --ignore-scripts

FROM ${BASE}
LABEL org.opencontainers.image.title="calsync" \
      org.opencontainers.image.description="The Kubernetes operator for Exchange calendars" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /calsync
COPY --from=libraries /calsync/node_modules ./node_modules
COPY package.json LICENSE ./
COPY operator ./operator
COPY crds ./crds
# Nothing is ever written to the image's own files: run it with a read-only root.
USER 65532:65532
# Memory: a smaller nursery, and a C library that gives back what it got (docs/benchmarks.md).
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-semi-space-size=8 \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=65536
EXPOSE 8080
# Inside a pod the probes come from outside the container.
ENTRYPOINT ["node", "operator/main.ts", "--listen", "0.0.0.0:8080"]
