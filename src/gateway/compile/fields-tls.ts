// The TLS messages of Istio's objects, field by field, for fields.ts.

const NO_FILES =
  "the sandbox gateway reads no files of a pod; put certificate and key into a Secret in istio-system and name it in credentialName";
const VERSIONS = {
  values: ["TLS_AUTO", "TLSV1_2", "TLSV1_3"],
  cure: "use TLSV1_2 or TLSV1_3; nothing older is safe, and Node's OpenSSL does not speak it",
};

export const SERVER_TLS = {
  fields: {
    httpsRedirect: true,
    mode: {
      values: ["PASSTHROUGH", "SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"],
      cure: "use SIMPLE, MUTUAL, OPTIONAL_MUTUAL or PASSTHROUGH; the sandbox has no mesh certificates",
    },
    credentialName: true,
    credentialNames: true,
    caCertCredentialName:
      "the authorities come from Secret <credentialName>-cacert, or from the credential's own ca.crt",
    subjectAltNames: true,
    minProtocolVersion: VERSIONS,
    maxProtocolVersion: VERSIONS,
    cipherSuites: true,
    serverCertificate: NO_FILES,
    privateKey: NO_FILES,
    caCertificates: NO_FILES,
    tlsCertificates: NO_FILES,
    caCrl: "put it into the Secret as ca.crl",
    verifyCertificateSpki: "use subjectAltNames",
    verifyCertificateHash: "use subjectAltNames",
    insecureSkipVerify: "use mode SIMPLE for clients whose certificates are not to be checked",
  },
} as const;

export const CLIENT_TLS = {
  fields: {
    mode: {
      values: ["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"],
      cure: "use DISABLE, SIMPLE, MUTUAL or ISTIO_MUTUAL",
    },
    credentialName: true,
    sni: true,
    subjectAltNames: true,
    insecureSkipVerify: true,
    caCertificates: {
      values: ["", "system"],
      cure: "the sandbox gateway reads no files of a pod; put the authorities into a Secret in istio-system and name it in credentialName, or use system",
    },
    clientCertificate: NO_FILES,
    privateKey: NO_FILES,
    caCrl: "put it into the Secret as ca.crl",
  },
} as const;

/** A VirtualService's `tls[]`. */
export const TLS_ROUTE = {
  fields: {
    match: {
      each: {
        fields: {
          sniHosts: true,
          port: true,
          gateways: true,
          sourceLabels: true,
          sourceNamespace: true,
          destinationSubnets: "every client comes to the gateway's one address; remove it",
        },
      },
    },
    route: {
      each: {
        fields: {
          destination: { fields: { host: true, subset: true, port: { fields: { number: true } } } },
          weight: true,
        },
      },
    },
  },
} as const;
