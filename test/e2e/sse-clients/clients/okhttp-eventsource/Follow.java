import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.EventSource;
import com.launchdarkly.eventsource.MessageEvent;
import com.launchdarkly.eventsource.background.BackgroundEventHandler;
import com.launchdarkly.eventsource.background.BackgroundEventSource;
import java.net.URI;

class Follow implements BackgroundEventHandler {
  public static void main(String[] args) {
    var connection = ConnectStrategy.http(URI.create(args[0])).header("Authorization", "Bearer " + args[1]);
    var source = new EventSource.Builder(connection).lastEventId(args[2].isEmpty() ? null : args[2]);
    System.out.println("connecting");
    new BackgroundEventSource.Builder(new Follow(), source).build().start();
  }

  public void onMessage(String name, MessageEvent event) {
    System.out.println(name + "\t" + event.getLastEventId() + "\t" + event.getData());
  }

  public void onOpen() {}

  public void onClosed() {}

  public void onComment(String comment) {}

  public void onError(Throwable error) {
    System.err.println(error);
  }
}
