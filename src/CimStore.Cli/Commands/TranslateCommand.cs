using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Disk.Foreign;
using CimStore.Journal;
using CimStore.Policies;
using CimStore.Server.Foreign;
using CimStore.Translation;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore translate`: what a rule file makes of an event, without doing it.</summary>
internal static class TranslateCommand
{
    private static readonly Option<string> Rules = new("--rules")
    {
        Description = "The rule file",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<string?> Subject = new("--subject")
    {
        Description = "Where the event comes, such as billing.eu.InvoiceFinalised; without it the file is checked",
        HelpName = "SUBJECT",
    };

    private static readonly Option<string> Event = new("--event")
    {
        Description = "The file with the event; - is standard input",
        HelpName = "FILE",
        DefaultValueFactory = _ => "-",
    };

    private static readonly Option<bool> Back = new("--back")
    {
        Description = "The other way: our events, an envelope a line, into the words of the templates",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "translate", "Check translation rules, and show what they make of an event; nothing is done.")
        {
            Prints = "Without --subject an error or warning a line, with file, line and column. With it\n"
                + "command<tab>key=value... for each command, or dead-letter<tab>code<tab>reason. With --back\n"
                + "subject<tab>JSON.",
            Examples =
            [
                ("cimstore translate --rules rules.json", "what is wrong with the file"),
                ("cimstore translate --rules rules.json --subject billing.eu.InvoiceFinalised --event a.json",
                    "what would be done"),
                ("cimstore translate --rules rules.json --back --event envelopes.jsonl", "what others would be told"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.Refused, ExitCode.Corrupt],
        };
        command.Add(Rules);
        command.Add(Subject);
        command.Add(Event);
        command.Add(Back);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var isBack = session.Value(Back);
        var subject = session.Value(Subject);
        if (isBack && subject is not null)
        {
            throw CliException.Usage("--back and --subject exclude each other: the templates say the subject.");
        }

        var file = session.Value(Rules);
        var reading = TranslationFile.Read(file);
        var isCheck = !isBack && subject is null;
        if (isCheck || reading.Rules is null)
        {
            foreach (var finding in reading.Findings)
            {
                Print(session, file, finding);
            }

            return reading.Rules is null ? ExitCode.NotWell : ExitCode.Ok;
        }

        return isBack
            ? await TellAsync(session, reading.Rules.Templates, cancellationToken)
            : await TranslateAsync(session, subject!, reading.Rules, cancellationToken);
    }

    private static async Task<int> TranslateAsync(
        CliSession session, string subject, TranslationRules rules, CancellationToken cancellationToken)
    {
        var input = new ArrayBufferWriter<byte>();
        await using var source = Open(session);
        for (int count; (count = await source.ReadAsync(input.GetMemory(64 * 1024), cancellationToken)) > 0;)
        {
            input.Advance(count);
            if (input.WrittenCount > DeadLetterFiles.EventSizeMaxBytes)
            {
                throw CliException.Usage($"An event has at most {DeadLetterFiles.EventSizeMaxBytes} bytes.");
            }
        }

        using var document = ForeignIngress.Parse(new ReadOnlySequence<byte>(input.WrittenMemory));
        var outcome = Translator.Translate(subject, document.RootElement, rules);
        var shape = TranslatedShape.Of(subject, outcome);
        if (session.IsJson)
        {
            session.Out.Json(shape, CliJson.Default.TranslatedJson);
        }
        else
        {
            Print(session, shape);
        }

        return outcome is TranslationOutcome.Commands ? ExitCode.Ok : ExitCode.NotWell;
    }

    private static async Task<int> TellAsync(
        CliSession session, EventTemplates templates, CancellationToken cancellationToken)
    {
        await using var source = Open(session);
        using var reader = new StreamReader(source);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length == 0
                || templates.Translate(EventEnvelope.Read(System.Text.Encoding.UTF8.GetBytes(line))) is not { } told)
            {
                continue;
            }

            if (session.IsJson)
            {
                session.Out.Json(
                    new ToldJson(told.Subject, JsonElement.Parse(told.Utf8.Span)), CliJson.Default.ToldJson);
            }
            else
            {
                session.Out.Line($"{told.Subject}\t{System.Text.Encoding.UTF8.GetString(told.Utf8.Span)}");
            }
        }

        return ExitCode.Ok;
    }

    private static Stream Open(CliSession session) => session.Value(Event) is "-"
        ? StandardInput.Open()
        : new FileStream(session.Value(Event), FileMode.Open, FileAccess.Read, FileShare.Read);

    private static void Print(CliSession session, TranslatedJson shape)
    {
        if (shape.Code is not null)
        {
            session.Out.Line($"{shape.Outcome}\t{shape.Code}\t{LineEscape.Escape(shape.Reason!)}");
            return;
        }

        foreach (var command in shape.Commands)
        {
            // The same members as with --json: what is printed cannot say less than what a program is told.
            var members = JsonSerializer.SerializeToElement(command, CliJson.Default.TranslatedCommandJson)
                .EnumerateObject().Where(member => !member.NameEquals("command"))
                .Select(member => $"\t{member.Name}={LineEscape.Escape(member.Value.ToString())}");
            session.Out.Line(command.Command + string.Concat(members));
        }

        session.SayMore($"rule {shape.Rule}, message {shape.MessageId ?? "new"}, actor {shape.Actor ?? "the sender"}");
    }

    private static void Print(CliSession session, string file, RuleFinding finding)
    {
        var severity = finding.Severity == PolicySeverity.Error ? "error" : "warning";
        if (session.IsJson)
        {
            session.Out.Json(
                new RuleFindingJson(severity, file, finding.Line, finding.Column, finding.Text),
                CliJson.Default.RuleFindingJson);
        }
        else
        {
            session.Out.Line(
                $"{severity}\t{LineEscape.Escape($"{file}:{finding.Line}:{finding.Column}: {finding.Text}")}");
        }
    }
}
