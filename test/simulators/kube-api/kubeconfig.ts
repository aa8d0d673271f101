export type KubeconfigParts = {
  readonly url: string
  readonly caPem: string
  readonly token: string
  readonly user: string
}

/** The text of a kubeconfig file with one context. */
export function kubeconfigText({ url, caPem, token, user }: KubeconfigParts): string {
  return `apiVersion: v1
kind: Config
current-context: simulated
clusters:
- name: simulated
  cluster:
    server: ${url}
    certificate-authority-data: ${Buffer.from(caPem).toString("base64")}
contexts:
- name: simulated
  context:
    cluster: simulated
    user: ${JSON.stringify(user)}
    namespace: default
users:
- name: ${JSON.stringify(user)}
  user:
    token: ${JSON.stringify(token)}
`
}
