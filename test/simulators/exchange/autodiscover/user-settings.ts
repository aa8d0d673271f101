import { acceptedSchemas, releaseOf, type ServerVersion } from "../ews/server-version.ts"
import type { Mailbox } from "../store/mailbox.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/setting-soap */
export function userSettings(
  { address, displayName, id }: Mailbox,
  { origin, version }: { readonly origin: string; readonly version: ServerVersion },
): ReadonlyMap<string, string> {
  const ewsUrl = `${origin}/EWS/Exchange.asmx`
  const dn = legacyDn(address)
  const build = releaseOf(version).build.join(".")
  return new Map([
    ["UserDisplayName", displayName],
    ["UserDN", dn],
    ["UserDeploymentId", id],
    ["AutoDiscoverSMTPAddress", address],
    ["InternalMailboxServer", `${id}@contoso.example`],
    ["MailboxDN", dn],
    ["ActiveDirectoryServer", "dc01.contoso.example"],
    ["CasVersion", `${build}.10`],
    ["EwsSupportedSchemas", acceptedSchemas(version).join(", ")],
    ["InternalEwsUrl", ewsUrl],
    ["ExternalEwsUrl", ewsUrl],
    ["ExternalEwsVersion", `${build}.10`],
    ["GroupingInformation", "Default-First-Site-Name"],
    ["ShowGalAsDefaultView", "True"],
    ["UserMSOnline", "False"],
  ])
}

export function legacyDn(address: string): string {
  return `/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=${address.split("@")[0]}`
}

/** Names of settings that exist and are not set here. */
export const knownSettings = new Set([
  ...["InternalRpcClientServer", "InternalMailboxServerDN", "InternalEcpUrl", "InternalEcpVoicemailUrl"],
  ...["InternalEcpEmailSubscriptionsUrl", "InternalEcpTextMessagingUrl", "InternalEcpDeliveryReportUrl"],
  ...["InternalEcpRetentionPolicyTagsUrl", "InternalEcpPublishingUrl", "InternalOABUrl", "InternalUMUrl"],
  ...["InternalWebClientUrls", "PublicFolderServer", "ExternalMailboxServer", "ExternalMailboxServerRequiresSSL"],
  ...["ExternalMailboxServerAuthenticationMethods", "EcpVoicemailUrlFragment", "EcpEmailSubscriptionsUrlFragment"],
  ...["EcpTextMessagingUrlFragment", "EcpDeliveryReportUrlFragment", "EcpRetentionPolicyTagsUrlFragment"],
  ...["EcpPublishingUrlFragment", "ExternalEcpUrl", "ExternalEcpVoicemailUrl", "ExternalEcpEmailSubscriptionsUrl"],
  ...["ExternalEcpTextMessagingUrl", "ExternalEcpDeliveryReportUrl", "ExternalEcpRetentionPolicyTagsUrl"],
  ...["ExternalEcpPublishingUrl", "ExternalOABUrl", "ExternalUMUrl", "ExternalWebClientUrls"],
  ...["CrossOrganizationSharingEnabled", "AlternateMailboxes", "InternalPop3Connections", "ExternalPop3Connections"],
  ...["InternalImap4Connections", "ExternalImap4Connections", "InternalSmtpConnections", "ExternalSmtpConnections"],
  ...["InternalServerExclusiveConnect", "ExternalServerExclusiveConnect", "ExchangeRpcUrl", "InteropExternalEwsUrl"],
  ...["InteropExternalEwsVersion", "MobileMailboxPolicyInterop", "MapiHttpEnabled"],
])
