using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using CimStore.Diagnostics;
using CimStore.Engine;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>docs/operations.md lists what the code logs and counts: all of it, and nothing else.</summary>
public sealed class OperationsPageTests
{
    private static readonly Assembly[] Product =
    [
        typeof(IStorageClient).Assembly, typeof(CimStore.Disk.DiskStore).Assembly,
        typeof(CimStore.Nats.NatsLink).Assembly, typeof(CimStore.S3.S3Location).Assembly,
        typeof(CimStoreHost).Assembly, typeof(CimStore.Cli.Terminal.ExitCode).Assembly,
    ];

    [Fact]
    public void Every_log_message_is_listed_with_its_level()
    {
        var logged = Product.SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(
                BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic
                | BindingFlags.DeclaredOnly))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>()
            .Select(message => $"{message.EventId} {message.Level}")
            .ToList();

        var listed = Rows("Logs").Select(row => $"{row[0]} {row[1]}");

        Assert.True(logged.Count >= 9);
        Assert.Equal(logged.Order(), listed.Order());
    }

    [Fact, Trait("row", "B12")]
    public void Every_metric_is_listed_with_its_kind_and_unit()
    {
        var counted = new List<string>();
        using var listener = new MeterListener();
        using var metrics = new NodeMetrics(null);
        using var outbox = new CimStore.Nats.Events.OutboxMetrics(null);
        metrics.Observe(() => (0, 0, 0));
        metrics.ObserveLifecycle(static () => null, static () => 0);
        listener.InstrumentPublished = (instrument, _) =>
            counted.Add($"`{instrument.Name}` {Kind(instrument)} `{instrument.Unit}`");
        listener.Start();

        var listed = Rows("Metrics").Select(row => $"{row[0]} {row[1]} {row[2]}");

        var own = counted.Where(line => line.StartsWith("`cimstore.", StringComparison.Ordinal)).Distinct();
        Assert.Equal(own.Order(), listed.Order());
    }

    private static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Histogram" => "histogram",
        "Counter" or "ObservableCounter" => "counter",
        _ => "gauge",
    };

    /// <summary>The cells of the table under a heading.</summary>
    private static IEnumerable<string[]> Rows(string heading, [CallerFilePath] string here = "") =>
        File.ReadLines(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "operations.md"))
            .SkipWhile(line => line != "### " + heading).Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .Where(line => line.StartsWith('|')).Skip(2)
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1]);
}
