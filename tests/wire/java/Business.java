import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/** A business service that behaves by the name of the called method and keeps a ledger of all calls. */
final class Business {
  record Call(String gid, String what, String body, String origin) {}

  private final HttpServer server;
  private final List<Call> ledger = new ArrayList<>();
  private final Set<String> repaired = new HashSet<>();

  Business() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(Executors.newCachedThreadPool(task -> {
      Thread thread = new Thread(task);
      thread.setDaemon(true);
      return thread;
    }));
    server.start();
  }

  void stop() {
    server.stop(0);
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    Map<String, String> query = new HashMap<>();
    for (String one : exchange.getRequestURI().getQuery().split("&")) {
      String[] parts = one.split("=", 2);
      query.put(parts[0], parts[1]);
    }
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    Call call = new Call(query.get("gid"), query.get("op") + " " + query.get("branch_id"), body,
        exchange.getRequestHeaders().getFirst("X-Origin"));
    boolean first;
    synchronized (this) {
      first = ledger.stream().noneMatch(one -> one.gid.equals(call.gid) && one.what.equals(call.what));
      ledger.add(call);
    }
    respond(exchange, status(exchange.getRequestURI().getPath().substring(1), first, call.gid));
  }

  private int status(String name, boolean first, String gid) {
    return switch (name) {
      case "Refuse" -> 409;
      case "Ongoing" -> 425;
      case "OngoingOnce" -> first ? 425 : 200;
      case "BrokenOnce" -> first ? 500 : 200;
      case "Broken" -> isRepaired(gid) ? 200 : 500;
      case "SlowOnce" -> first ? late() : 200;
      default -> 200;
    };
  }

  /** Later than the coordinator's RequestTimeout: nobody waits for this answer any more. */
  private static int late() {
    try {
      Thread.sleep(1500);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    return 200;
  }

  private static void respond(HttpExchange exchange, int status) throws IOException {
    byte[] text = (status == 200 ? "{\"dtm_result\":\"SUCCESS\"}" : "answered with " + status).getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, text.length);
    exchange.getResponseBody().write(text);
    exchange.close();
  }

  /** From now on, "Broken" succeeds in this transaction. */
  synchronized void repair(String gid) {
    repaired.add(gid);
  }

  private synchronized boolean isRepaired(String gid) {
    return repaired.contains(gid);
  }

  synchronized List<Call> calls(String gid) {
    return ledger.stream().filter(one -> one.gid.equals(gid)).toList();
  }

  String story(String gid) {
    return calls(gid).stream().map(Call::what).collect(Collectors.joining(", "));
  }
}
