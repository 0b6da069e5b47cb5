// Configurations of the programs that the gateway is measured against, with the same features: one worker, a split of 80/20
// between two pools of kept-alive connections, an access log.

const HEAD = (home: string, name: string) => `daemon off; worker_processes 1; pid ${home}/${name}.pid;
events { worker_connections 4096; }`;

export function nginxUpstreamConfig(home: string, port: number): string {
  return `${HEAD(home, "upstream")}
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
  server { listen 127.0.0.1:${port} reuseport; location / { default_type text/plain; return 200 "v1\\n"; } }
}`;
}

export function nginxProxyConfig(home: string, port: number, upstreamPort: number): string {
  return `${HEAD(home, "proxy")}
http {
  log_format istio '[$time_iso8601] "$request" $status "$request_id" $bytes_sent $request_time "$http_x_forwarded_for" "$http_user_agent" "$host" "$upstream_addr"';
  access_log ${home}/nginx.log istio buffer=64k flush=1s;
  keepalive_requests 1000000000; keepalive_timeout 1h;
  split_clients "$request_id" $pool { 80% v1; * v2; }
  upstream v1 { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 1000000000; }
  upstream v2 { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://$pool; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Request-Id $request_id; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}`;
}

/** As istiod 1.31 configures an ingress gateway's listener, route and clusters, in what matters for speed. */
export function envoyConfig(home: string, port: number, upstreamPort: number): string {
  const address = (at: number) => ({ socket_address: { address: "127.0.0.1", port_value: at } });
  const type = (name: string) => `type.googleapis.com/envoy.${name}`;
  const cluster = (name: string) => ({
    name,
    type: "STATIC",
    connect_timeout: "10s",
    lb_policy: "LEAST_REQUEST",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(upstreamPort) } }] }],
    },
  });
  const route = {
    match: { prefix: "/" },
    route: {
      timeout: "0s",
      weighted_clusters: {
        clusters: [
          { name: "v1", weight: 80 },
          { name: "v2", weight: 20 },
        ],
      },
      retry_policy: {
        retry_on: "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
        num_retries: 2,
      },
    },
  };
  const manager = {
    "@type": type("extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "ingress",
    use_remote_address: true,
    server_name: "istio-envoy",
    normalize_path: true,
    access_log: [
      {
        name: "file",
        typed_config: { "@type": type("extensions.access_loggers.file.v3.FileAccessLog"), path: `${home}/envoy.log` },
      },
    ],
    route_config: {
      virtual_hosts: [{ name: "all", domains: ["*"], include_request_attempt_count: true, routes: [route] }],
    },
    http_filters: [{ name: "router", typed_config: { "@type": type("extensions.filters.http.router.v3.Router") } }],
  };
  return JSON.stringify({
    static_resources: {
      listeners: [{ address: address(port), filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }] }],
      clusters: [cluster("v1"), cluster("v2")],
    },
  });
}
