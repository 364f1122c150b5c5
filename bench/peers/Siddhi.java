import io.siddhi.core.SiddhiManager;
import io.siddhi.core.event.Event;
import io.siddhi.core.stream.output.StreamCallback;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;

/** The three patterns by Siddhi, partitioned by subscriber, in the time of events: Siddhi EVENTS TARGETS. */
public class Siddhi {
  static final String QUERIES =
      """
      @app:playback
      define stream E (imsi long, time long, kind int, cell int, other long);
      @primaryKey('target') define table T (target long);
      from E[kind == 0 and cell >= 1000 and cell < 1050] select imsi, time insert into A;
      from A[(T.target == imsi) in T] select 0 as number insert into Found;
      from E[kind == 4 or kind == 5] select imsi, time, kind insert into D;
      partition with (imsi of A) begin
        from every e=A<3:3> within 48 hours select 1 as number insert into Found;
      end;
      partition with (imsi of D) begin
        from every e1=D[kind == 5], e2=D[kind == 4] within 24 hours select 2 as number insert into Found;
      end;
      """;

  public static void main(String[] arguments) throws Exception {
    var runtime = new SiddhiManager().createSiddhiAppRuntime(QUERIES);
    long[] found = new long[3];
    runtime.addCallback(
        "Found",
        new StreamCallback() {
          @Override
          public void receive(Event[] events) {
            for (Event event : events) found[(Integer) event.getData(0)]++;
          }
        });
    var input = runtime.getInputHandler("E");
    runtime.start();
    for (String target : Files.lines(Paths.get(arguments[1])).skip(1).toList()) {
      runtime.query("select " + target + "L as target insert into T;");
    }
    Path path = Paths.get(arguments[0]);
    var octets = FileChannel.open(path).map(FileChannel.MapMode.READ_ONLY, 0, Files.size(path));
    octets.order(ByteOrder.LITTLE_ENDIAN);
    while (octets.remaining() >= 32) {
      long imsi = octets.getLong(), at = octets.getLong();
      int kind = octets.getInt(), cell = octets.getInt();
      input.send(new Event(at, new Object[] {imsi, at, kind, cell, octets.getLong()}));
    }
    System.out.println(Arrays.toString(found));
    System.exit(0);
  }
}
