import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import feign.FeignException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import pub.dtm.client.DtmClient;
import pub.dtm.client.exception.FailureException;
import pub.dtm.client.model.feign.ServiceMessage;
import pub.dtm.client.saga.Saga;
import pub.dtm.client.tcc.Tcc;
import pub.dtm.client.utils.FeignUtils;

/**
 * Runs the published Java client of DTM against the real coordinator binary. It has two modes, saga and TCC.
 *
 * <p>Of its options, only waiting and concurrency can be set as they are meant to be: the four other setters call
 * themselves for ever. A time-out is set here by a subclass, branch headers through the map that the client hands out.
 */
class JavaClientTest {
  private static final Map<String, Integer> PAYLOAD = Map.of("amount", 30);
  private static final String SENT = "{\"amount\":30}";

  private static Coordinator coordinator;
  private static Business business;
  private static DtmClient client;

  @BeforeAll
  static void startAll() throws Exception {
    business = new Business();
    coordinator = new Coordinator();
    client = new DtmClient(coordinator.address());
    // Where the client would ask a registry for a service, there is only one.
    FeignUtils.setUriParser((service, withPath) -> business.url() + (withPath ? service.getPath() : ""));
  }

  @AfterAll
  static void stopAll() throws Exception {
    int code = coordinator.stop();
    business.stop();
    assertEquals(0, code, coordinator::logText);
    coordinator.forget();
  }

  private static String url(String name) {
    return business.url() + "/" + name;
  }

  private static String newGid() {
    return coordinator.stub().newGid().getGid();
  }

  private static Saga with(Saga saga, String... actions) {
    for (String action : actions) {
      saga.add(url(action), url("Undo"), PAYLOAD);
    }
    return saga;
  }

  private static void tries(Tcc tcc, String confirm, String cancel, String... names) throws Exception {
    for (String name : names) {
      tcc.callBranch(PAYLOAD, url(name), url(confirm), url(cancel));
    }
  }

  private static void expectEnd(Coordinator of, String gid, String status, String rows) {
    assertTrue(Coordinator.eventually(() -> of.status(gid).equals(status)),
        () -> of.query(gid) + ", the branches saw: " + business.story(gid));
    assertEquals(rows, of.rows(gid));
  }

  private static void expect(String gid, String status, String rows, String story) {
    expectEnd(coordinator, gid, status, rows);
    assertEquals(story, business.story(gid));
  }

  private static void expectConflict(FailureException failure) {
    assertEquals(409, assertInstanceOf(FeignException.class, failure.getCause()).status());
  }

  private interface Body {
    void run(Coordinator own) throws Exception;
  }

  private static void withOwnCoordinator(Body body, String... options) throws Exception {
    Coordinator own = new Coordinator(options);
    try {
      body.run(own);
    } catch (Throwable failed) {
      System.err.println("its coordinator's log:\n" + own.logText());
      throw failed;
    } finally {
      own.kill();
    }
    own.forget();
  }

  private static void dieAndComeBack(Coordinator own) throws Exception {
    own.kill();
    own.start();
  }

  @Test
  void sagaCommits() throws Exception {
    String gid = with(client.newSaga(), "Ok", "OngoingOnce", "BrokenOnce", "SlowOnce").submit();
    expect(gid, "succeed", "PSPSPSPS",
        "action 01, action 02, action 02, action 03, action 03, action 04, action 04");
    business.calls(gid).forEach(call -> assertEquals(SENT, call.body()));
  }

  @Test
  void sagaRollsBack() throws Exception {
    String gid = with(client.newSaga(), "Ok", "Refuse").submit();
    expect(gid, "failed", "SSSF", "action 01, action 02, compensate 02, compensate 01");
  }

  @Test
  void sagaWaitsForSuccess() throws Exception {
    String gid = with(client.newSaga(newGid()), "Ok", "Ok").enableWaitResult().submit();
    assertEquals("succeed", coordinator.status(gid));
  }

  @Test
  void sagaWaitsForFailure() {
    String gid = newGid();
    Saga saga = with(client.newSaga(gid), "Ok", "Refuse").enableWaitResult();
    expectConflict(assertThrows(FailureException.class, saga::submit));
    assertEquals("failed", coordinator.status(gid));
  }

  /** As with every client of DTM: waiting is over although the saga goes on. */
  @Test
  void sagaThatIsOngoingIsAnErrorToWhomWaits() throws Exception {
    String gid = newGid();
    Saga saga = with(client.newSaga(gid), "OngoingOnce").enableWaitResult();
    expectConflict(assertThrows(FailureException.class, saga::submit));
    expect(gid, "succeed", "PS", "action 01, action 01");
  }

  @Test
  void sagaSubmittedAgainIsTakenUntilItsEnd() throws Exception {
    String gid = newGid();
    Saga saga = with(client.newSaga(gid), "Broken");
    saga.submit();
    saga.submit();
    business.repair(gid);
    expectEnd(coordinator, gid, "succeed", "PS");
    expectConflict(assertThrows(FailureException.class, saga::submit));
  }

  @Test
  void sagaRunsConcurrentlyInItsOrders() throws Exception {
    Saga saga = with(client.newSaga(newGid()), "OngoingOnce", "Ok", "Ok").enableConcurrent();
    String gid = saga.addBranchOrder(1, new ArrayList<>(List.of(0))).submit();
    expectEnd(coordinator, gid, "succeed", "PSPSPS");
    List<String> calls = business.calls(gid).stream().map(Business.Call::what).toList();
    assertEquals(4, calls.size(), calls::toString);
    assertEquals(List.of("action 01", "action 02"), calls.subList(2, 4));
  }

  @Test
  void sagaConcurrentRollsBack() throws Exception {
    String gid = with(client.newSaga(newGid()), "Ok", "Refuse").enableConcurrent().submit();
    assertTrue(Coordinator.eventually(() -> coordinator.status(gid).equals("failed")));
    assertTrue(business.story(gid).contains("compensate 02"), business.story(gid));
  }

  @Test
  void optionSettersNeverReturn() {
    Saga saga = client.newSaga(newGid());
    assertThrows(StackOverflowError.class, () -> saga.setTimeoutToFail(1));
    assertThrows(StackOverflowError.class, () -> saga.setRetryInterval(1));
    assertThrows(StackOverflowError.class, () -> saga.setBranchHeaders(Map.of()));
    assertThrows(StackOverflowError.class, () -> saga.setPassthroughHeaders(new ArrayList<>()));
  }

  @Test
  void sagaTimesOut() throws Exception {
    String gid = newGid();
    Saga impatient = new Saga(gid, coordinator.stub()) {
      @Override
      public long getTimeoutToFail() {
        return 2;
      }
    };
    with(impatient, "Ok", "Ongoing").submit();
    expectEnd(coordinator, gid, "failed", "SSSP");
    assertEquals("Timeout after 2 seconds", coordinator.transaction(gid).get("rollback_reason").asText());
    assertTrue(business.story(gid).endsWith("compensate 02, compensate 01"), business.story(gid));
  }

  @Test
  void sagaCarriesHeaders() throws Exception {
    Saga saga = with(client.newSaga(newGid()), "BrokenOnce");
    saga.getBranchHeaders().put("X-Origin", "java");
    String gid = saga.submit();
    expect(gid, "succeed", "PS", "action 01, action 01");
    business.calls(gid).forEach(call -> assertEquals("java", call.origin()));
  }

  @Test
  void sagaOutlivesTheCoordinator() throws Exception {
    withOwnCoordinator(own -> {
      String gid = with(new DtmClient(own.stub()).newSaga(), "Ok", "Broken").submit();
      assertTrue(Coordinator.eventually(() -> business.story(gid).contains("action 02")));
      dieAndComeBack(own);
      business.repair(gid);
      expectEnd(own, gid, "succeed", "PSPS");
      // An answer that came just before the death may have to be asked for again.
      assertTrue(business.story(gid).matches("action 01(, action 0[12])*, action 02"), business.story(gid));
    });
  }

  @Test
  void tccConfirms() throws Exception {
    String gid = client.tccGlobalTransaction(tcc -> tries(tcc, "BrokenOnce", "Undo", "Ok", "Ok"));
    expect(gid, "succeed", "PSPS", "try 01, try 02, confirm 02, confirm 02, confirm 01, confirm 01");
    business.calls(gid).forEach(call -> assertEquals(SENT, call.body()));
  }

  @Test
  void tccConfirmThatIsOngoingOrSlowIsRepeated() throws Exception {
    String gid = client.tccGlobalTransaction(tcc -> {
      tries(tcc, "OngoingOnce", "Undo", "Ok");
      tries(tcc, "SlowOnce", "Undo", "Ok");
    });
    expect(gid, "succeed", "PSPS", "try 01, try 02, confirm 02, confirm 02, confirm 01, confirm 01");
  }

  @Test
  void tccCancelsWhenATryIsRefused() {
    String gid = newGid();
    assertThrows(FailureException.class,
        () -> client.tccGlobalTransaction(gid, tcc -> tries(tcc, "Confirm", "OngoingOnce", "Ok", "Refuse")));
    expect(gid, "failed", "SPSP", "try 01, try 02, cancel 02, cancel 02, cancel 01, cancel 01");
  }

  @Test
  void tccCancelsWhenTheClientFails() {
    String gid = newGid();
    assertThrows(FailureException.class, () -> client.tccGlobalTransaction(gid, tcc -> {
      tries(tcc, "Confirm", "BrokenOnce", "Ok");
      throw new IllegalStateException("the client thought better of it");
    }));
    expect(gid, "failed", "SP", "try 01, cancel 01, cancel 01");
  }

  @Test
  void tccOfServicesThatAreLookedUp() throws Exception {
    String gid = client.tccGlobalTransaction(tcc -> tcc.callBranch(PAYLOAD, new ServiceMessage("busi", "/Ok"),
        new ServiceMessage("busi", "/Confirm"), new ServiceMessage("busi", "/Undo")));
    expect(gid, "succeed", "PS", "try 01, confirm 01");
  }

  @Test
  void tccWithTheGidOfAnEndedOneIsRefused() throws Exception {
    String gid = client.tccGlobalTransaction(newGid(), tcc -> tries(tcc, "Ok", "Undo", "Ok"));
    expectEnd(coordinator, gid, "succeed", "PS");
    assertThrows(FeignException.class, () -> client.tccGlobalTransaction(gid, tcc -> tries(tcc, "Ok", "Undo", "Ok")));
    expect(gid, "succeed", "PS", "try 01, confirm 01");
  }

  @Test
  void tccTimesOut() throws Exception {
    withOwnCoordinator(own -> {
      String gid = own.stub().newGid().getGid();
      assertThrows(FeignException.class, () -> new DtmClient(own.stub()).tccGlobalTransaction(gid, tcc -> {
        tries(tcc, "Confirm", "Undo", "Ok");
        expectEnd(own, gid, "failed", "SP");
      }));
      assertEquals("try 01, cancel 01", business.story(gid));
      assertEquals("Timeout after 0 seconds", own.transaction(gid).get("rollback_reason").asText());
    }, "TimeoutToFail: 4");
  }

  @Test
  void tccOutlivesTheCoordinator() throws Exception {
    withOwnCoordinator(own -> {
      String gid = new DtmClient(own.stub()).tccGlobalTransaction(tcc -> {
        tries(tcc, "Broken", "Undo", "Ok");
        dieAndComeBack(own);
        tcc.setDtmServerStub(own.stub());
        tries(tcc, "Ok", "Undo", "Ok");
      });
      assertTrue(Coordinator.eventually(() -> business.story(gid).contains("confirm 01")));
      dieAndComeBack(own);
      business.repair(gid);
      expectEnd(own, gid, "succeed", "PSPS");
      assertTrue(business.story(gid).matches("try 01, try 02, confirm 02(, confirm 0[12])*, confirm 01"),
          business.story(gid));
    });
  }
}
