import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.cep.CEP;
import org.apache.flink.cep.functions.PatternProcessFunction;
import org.apache.flink.cep.nfa.aftermatch.AfterMatchSkipStrategy;
import org.apache.flink.cep.pattern.Pattern;
import org.apache.flink.cep.pattern.conditions.SimpleCondition;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.functions.source.legacy.RichParallelSourceFunction;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.util.Collector;

/** The three patterns by Flink's CEP library: Flink EVENTS TARGETS. One task, state on the heap, no checkpoints. */
public class Flink {
  public static class Event {
    public long imsi, at, number;
    public int kind, cell;

    public Event() {}
  }

  static class Source extends RichParallelSourceFunction<Event> {
    private static final int EVENTS_PER_WATERMARK = 20000;
    private final String file;

    Source(String file) {
      this.file = file;
    }

    @Override
    public void run(SourceContext<Event> out) throws Exception {
      Path path = Paths.get(file);
      var octets = FileChannel.open(path).map(FileChannel.MapMode.READ_ONLY, 0, Files.size(path));
      octets.order(ByteOrder.LITTLE_ENDIAN);
      for (long read = 1; octets.remaining() >= 32; read++) {
        Event event = new Event();
        event.imsi = octets.getLong();
        event.at = octets.getLong();
        event.kind = octets.getInt();
        event.cell = octets.getInt();
        event.number = octets.getLong();
        synchronized (out.getCheckpointLock()) {
          out.collectWithTimestamp(event, event.at);
          if (read % EVENTS_PER_WATERMARK == 0) out.emitWatermark(new Watermark(event.at - 1));
        }
      }
    }

    @Override
    public void cancel() {}
  }

  static class Count extends RichMapFunction<Long, Long> {
    private final String name;
    private LongCounter count;

    Count(String name) {
      this.name = name;
    }

    @Override
    public void open(OpenContext context) {
      count = getRuntimeContext().getLongCounter(name);
    }

    @Override
    public Long map(Long imsi) {
      count.add(1);
      return imsi;
    }
  }

  static class First extends PatternProcessFunction<Event, Long> {
    @Override
    public void processMatch(Map<String, List<Event>> match, Context context, Collector<Long> out) {
      out.collect(match.get("first").get(0).imsi);
    }
  }

  static void count(DataStream<Long> matches, String name) {
    matches.map(new Count(name)).returns(Types.LONG).sinkTo(new DiscardingSink<>());
  }

  public static void main(String[] arguments) throws Exception {
    Configuration configuration = new Configuration();
    configuration.setString("state.backend.type", "hashmap");
    configuration.setString("rest.bind-address", "127.0.0.1");
    configuration.setString("rest.port", "0");
    configuration.setString("pipeline.object-reuse", "true");
    var environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(1);
    var lines = Files.lines(Paths.get(arguments[1])).skip(1);
    long[] targets = lines.mapToLong(Long::parseLong).sorted().toArray();

    var events = environment.addSource(new Source(arguments[0]), "events", TypeInformation.of(Event.class));
    var area = events.filter(event -> event.kind == 0 && event.cell >= 1000 && event.cell < 1050);
    var hits = area.filter(event -> java.util.Arrays.binarySearch(targets, event.imsi) >= 0);
    count(hits.map(event -> event.imsi).returns(Types.LONG), "in_target");

    var visits =
        Pattern.<Event>begin("first", AfterMatchSkipStrategy.skipPastLastEvent())
            .where(SimpleCondition.of(event -> true))
            .times(3)
            .consecutive()
            .within(Duration.ofHours(48));
    count(CEP.pattern(area.keyBy(event -> event.imsi), visits).process(new First()).returns(Types.LONG), "visits");

    var devices =
        Pattern.<Event>begin("first", AfterMatchSkipStrategy.skipPastLastEvent())
            .where(SimpleCondition.of(event -> event.kind == 5))
            .next("data")
            .where(SimpleCondition.of(event -> event.kind == 4))
            .within(Duration.ofHours(24));
    var either = events.filter(event -> event.kind == 4 || event.kind == 5);
    count(CEP.pattern(either.keyBy(event -> event.imsi), devices).process(new First()).returns(Types.LONG), "devices");

    System.out.println(environment.execute("patterns").getAllAccumulatorResults());
  }
}
