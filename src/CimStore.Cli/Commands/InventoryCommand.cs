using System.CommandLine;
using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore inventory`: every object and copy, for spreadsheets and programs.</summary>
internal static class InventoryCommand
{
    private const string Header =
        "cid,size_bytes,codec,hash,class,data_class,pattern,tier,created_at,references,location,incarnation,state,"
        + "compression,encryption,key_id,verified_at";

    private static readonly Option<string> Format = Storage.StoreOptions.Choice(
        "--format", "JSON Lines, an object a line as 'stat --json'; or CSV, a copy a line", "jsonl", "csv");

    private static readonly Option<string?> After = new("--after")
    {
        Description = "Begin behind this CID",
        HelpName = "CID",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "inventory", "Export every object with its copies, classes, sizes, and when each was last proved.")
        {
            Prints = "jsonl: as 'stat --json'. csv (RFC 4180, first line the names): a copy a line, an object without\n"
                + "copies a line too.",
            Examples =
            [
                ("cimstore inventory > objects.jsonl", "everything"),
                ("cimstore inventory --format csv > copies.csv", "for a spreadsheet"),
            ],
            Exits = [ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Format);
        command.Add(After);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        Cid? after = session.Value(After) is { } text ? CidText.Parse(text) : null;
        var isTable = session.Value(Format).Equals("csv", StringComparison.OrdinalIgnoreCase);
        if (isTable && session.IsJson)
        {
            throw CliException.Usage("--json or --format csv, not both.");
        }

        var store = await session.OpenAsync(cancellationToken);
        using var progress = new Progress(session, "listed");
        if (isTable)
        {
            session.Out.Line(Header);
        }

        await foreach (var record in store.Client.ListAsync(after, cancellationToken))
        {
            if (isTable)
            {
                PrintRows(session, record);
            }
            else
            {
                session.Out.Json(Shape.Of(record), CliJson.Default.ObjectJson);
            }

            progress.Add(1, record.SizeBytes);
        }

        return ExitCode.Ok;
    }

    private static void PrintRows(CliSession session, ObjectRecord record)
    {
        var cid = record.Key.Cid;
        var head = string.Join(
            ',', cid.ToString(), Number(record.SizeBytes), Quote(Codecs.Name(cid.Codec)),
            Quote(HashFunctions.Name(cid.HashFunction)), JsonText.Of(record.Class), JsonText.Of(record.DataClass),
            JsonText.Of(record.Pattern), JsonText.Of(record.Tier), Time(record.CreatedAt),
            Number(record.References.Length));
        if (record.Copies.IsEmpty)
        {
            session.Out.Line(head + ",,,,,,,");
        }

        foreach (var copy in record.Copies)
        {
            session.Out.Line(string.Join(
                ',', head, Quote(copy.Location.Name), copy.Incarnation.ToString(CultureInfo.InvariantCulture),
                JsonText.Of(copy.State), Number(copy.Header.Compression), Number(copy.Header.Encryption),
                Quote(copy.Header.KeyId ?? ""), Time(copy.VerifiedAt)));
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    private static string Quote(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0
        ? text
        : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
