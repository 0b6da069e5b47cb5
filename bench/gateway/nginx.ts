// nginx twice: as the upstream of all three, and as one of the three. One worker each.

const HEAD = (home: string, name: string) => `daemon off; worker_processes 1; pid ${home}/${name}.pid;
events { worker_connections 4096; }`;
const FOREVER = "keepalive_requests 1000000000; keepalive_timeout 1h;";

export const VERSIONS = ["v1", "v2"] as const;
export type Version = (typeof VERSIONS)[number];

export interface UpstreamPorts {
  v1: number;
  v2: number;
  /** Counts the requests of both. */
  status: number;
}

export function smallBody(version: Version): string {
  return `hello from ${version}, tens of bytes long\n`;
}

/** `largeFile`: what a download gets. An upload is read to its end and answered like a small request. */
export function upstreamConfig(home: string, ports: UpstreamPorts, largeFile: string): string {
  const server = (version: Version) => `server {
    listen 127.0.0.1:${ports[version]} reuseport; default_type text/plain; client_max_body_size 0;
    location / { return 200 "${smallBody(version).replace("\n", "\\n")}"; }
    location ~ /download$ { rewrite ^ /${largeFile} break; root ${home}; }
  }`;
  return `${HEAD(home, "upstream")}
http {
  access_log off; ${FOREVER} sendfile on; open_file_cache max=10;
  ${VERSIONS.map(server).join("\n  ")}
  server { listen 127.0.0.1:${ports.status}; location / { stub_status; } }
}`;
}

export interface ProxyPorts {
  listen: number;
  /** Its own statistics. */
  stats: number;
}

/** Streams bodies both ways as the other two do: nothing is written to a file. */
export function proxyConfig(file: string, ports: ProxyPorts, upstream: UpstreamPorts, routes: number): string {
  const home = file.slice(0, file.lastIndexOf("/"));
  const name = file.slice(file.lastIndexOf("/") + 1, file.lastIndexOf("."));
  const pools = VERSIONS.map(
    (version) =>
      `upstream ${version} { server 127.0.0.1:${upstream[version]}; keepalive 512; keepalive_requests 1000000000; keepalive_timeout 1h; }`,
  );
  const locations = Array.from({ length: routes }, (_, n) => `location /service-${n}/ { proxy_pass http://$pool; }`);
  return `${HEAD(home, name)}
http {
  log_format istio '[$time_iso8601] "$request" $status - via_upstream - "-" $request_length $bytes_sent $request_time $upstream_response_time "$proxy_add_x_forwarded_for" "$http_user_agent" "$request_id" "$host" "$upstream_addr" $pool - $server_addr:$server_port $remote_addr:$remote_port - -';
  access_log ${home}/${name}.log istio buffer=64k flush=1s;
  ${FOREVER} client_max_body_size 0; client_body_buffer_size 128k;
  proxy_http_version 1.1; proxy_request_buffering off; proxy_buffer_size 16k; proxy_buffers 16 16k; proxy_max_temp_file_size 0;
  proxy_set_header Connection ""; proxy_set_header Host $host; proxy_set_header X-Request-Id $request_id;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
  split_clients "$request_id" $pool { 80% v1; * v2; }
  ${pools.join("\n  ")}
  server {
    listen 127.0.0.1:${ports.listen};
    ${locations.join("\n    ")}
  }
  server { listen 127.0.0.1:${ports.stats}; access_log off; location / { stub_status; } }
}`;
}
