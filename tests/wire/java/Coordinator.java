import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import feign.Feign;
import feign.jackson.JacksonDecoder;
import feign.jackson.JacksonEncoder;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import pub.dtm.client.interfaces.stub.IDtmServerStub;
import pub.dtm.client.stub.DtmFeignClient;

/** The binary under test, on a directory of its own. */
final class Coordinator {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private Process child;
  private String address;

  /** Starts on a new directory; {@code options} are lines of configuration besides those that every test wants. */
  Coordinator(String... options) throws IOException {
    directory = Files.createTempDirectory("treaty-java-");
    Files.writeString(directory.resolve("treatyd.yml"), """
        HttpPort: 0
        GrpcPort: 0
        RetryInterval: 1
        RequestTimeout: 1
        LogLevel: warn
        Store:
          Path: %s/data
        """.formatted(directory) + String.join("\n", options) + "\n");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> child.destroyForcibly()));
    start();
  }

  /** For the first time or again, at another address. */
  void start() throws IOException {
    Path ports = directory.resolve("ports.json");
    Files.deleteIfExists(ports);
    child = new ProcessBuilder(System.getenv("TREATYD"), "-c", directory.resolve("treatyd.yml").toString(), "--ports-file",
        ports.toString()).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile())).start();
    if (!eventually(() -> Files.exists(ports) || !child.isAlive()) || !child.isAlive()) {
      child.destroyForcibly();
      throw new IllegalStateException("the coordinator did not become ready; its log:\n" + logText());
    }
    address = "127.0.0.1:" + JSON.readTree(ports.toFile()).get("http").asInt();
  }

  /** As a power cut would: nothing is said, nothing is flushed. */
  void kill() throws InterruptedException {
    child.destroyForcibly().waitFor();
  }

  /** Asks it to end, and tells how it ended. */
  int stop() throws Exception {
    child.destroy();
    if (!child.waitFor(30, TimeUnit.SECONDS)) {
      kill();
    }
    return child.exitValue();
  }

  void forget() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      all.sorted(Comparator.reverseOrder()).forEach(one -> one.toFile().delete());
    }
  }

  String address() {
    return address;
  }

  /** What the client makes of an address, for its functions that take a connection and not an address. */
  IDtmServerStub stub() {
    return Feign.builder().decoder(new JacksonDecoder()).encoder(new JacksonEncoder())
        .target(DtmFeignClient.class, "http://" + address);
  }

  private Path log() {
    return directory.resolve("treatyd.log");
  }

  String logText() {
    try {
      return Files.readString(log());
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }

  JsonNode query(String gid) {
    try {
      String where = "http://" + address + "/api/dtmsvr/query?gid=" + URLEncoder.encode(gid, StandardCharsets.UTF_8);
      return JSON.readTree(URI.create(where).toURL());
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  JsonNode transaction(String gid) {
    return query(gid).get("transaction");
  }

  String status(String gid) {
    return transaction(gid).path("status").asText("absent");
  }

  /** The branch rows' statuses in stored order by their first letters: PSPS. */
  String rows(String gid) {
    StringBuilder letters = new StringBuilder();
    query(gid).get("branches").forEach(row -> letters.append(Character.toUpperCase(row.get("status").asText().charAt(0))));
    return letters.toString();
  }

  /** Asks until it holds or 20 seconds are over. */
  static boolean eventually(BooleanSupplier holds) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException stopped) {
        return false;
      }
    }
    return true;
  }
}
