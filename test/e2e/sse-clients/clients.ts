/** A client library, and a program that follows a stream with it. */
export interface Client {
  name: string;
  /** Its program, run in the folder of all clients: `<command> url key last-event-id`. */
  command: readonly string[];
}

/** How the libraries get into that folder; each a command of the shell. */
export const INSTALL = [
  'npm install --silent --no-audit --no-fund --ignore-scripts --prefix . ' +
    'eventsource@5.1.5 eventsource-client@1.2.0 @microsoft/fetch-event-source@2.0.1',
  'python3 -m venv venv && venv/bin/pip install -q httpx==0.28.1 httpx-sse==0.4.3 requests==2.34.2 sseclient-py==1.9.0',
  'cd go-sse && go mod init client && go get github.com/tmaxmax/go-sse@v0.12.0 && go build -o go-sse .',
  "cd okhttp-eventsource && mvn -q dependency:copy-dependencies -DoutputDirectory=lib && javac -cp 'lib/*' -d . Follow.java",
];

export const CLIENTS: readonly Client[] = [
  { name: 'curl', command: ['sh', 'curl.sh'] },
  { name: 'npm eventsource 5.1.5', command: ['node', 'eventsource.mjs'] },
  { name: 'npm eventsource-client 1.2.0', command: ['node', 'eventsource-client.mjs'] },
  { name: 'npm @microsoft/fetch-event-source 2.0.1', command: ['node', 'fetch-event-source.mjs'] },
  { name: 'Python httpx-sse 0.4.3', command: ['venv/bin/python', 'httpx_sse_client.py'] },
  { name: 'Python requests 2.34.2 + sseclient-py 1.9.0', command: ['venv/bin/python', 'sseclient_py_client.py'] },
  { name: 'Go tmaxmax/go-sse 0.12.0', command: ['go-sse/go-sse'] },
  {
    name: 'Java okhttp-eventsource 4.3.0',
    command: ['java', '-cp', 'okhttp-eventsource:okhttp-eventsource/lib/*', 'Follow'],
  },
];
