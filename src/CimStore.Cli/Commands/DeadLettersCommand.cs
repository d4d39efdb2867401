using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;
using CimStore.Http;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore dead-letters`: events of other contexts that no rule could translate.</summary>
internal static class DeadLettersCommand
{
    private static readonly Argument<string[]> Ids = new("ID")
    {
        Description = "Which letters, as list prints them",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Say what would happen; change nothing",
    };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Really: the event is gone then" };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "dead-letters", "Look at events that could not be translated; replay them or give them up.")
        {
            Examples =
            [
                ("cimstore dead-letters list", "which there are, and why"),
                ("cimstore dead-letters replay ID", "after the rules were put right"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(CreateList());
        command.Add(CreateShow());
        command.Add(CreateReplay());
        command.Add(CreateRemove());
        return command;
    }

    private static CliCommand CreateList()
    {
        var command = new CliCommand("list", "List them in the order in which they came.")
        {
            Prints = "ID<tab>time<tab>subject<tab>code<tab>reason",
            Examples =
            [
                ("cimstore dead-letters list", "for a person"),
                ("cimstore dead-letters list --json", "for a program"),
            ],
            Exits = [ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Runs(async (session, cancellationToken) =>
        {
            var letters = (await session.OpenAsync(cancellationToken)).DeadLetters(session);
            await foreach (var letter in letters.ListAsync(cancellationToken))
            {
                if (session.IsJson)
                {
                    session.Out.Json(TranslatedShape.Of(letter), CliJson.Default.DeadLetterJson);
                }
                else
                {
                    session.Out.Line(
                        $"{letter.Id}\t{Sizes.Of(letter.At)}\t{LineEscape.Escape(letter.Subject)}\t{letter.Code}\t"
                            + LineEscape.Escape(letter.Reason));
                }
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static CliCommand CreateShow()
    {
        var id = new Argument<string>("ID") { Description = "Which letter, as list prints it" };
        var command = new CliCommand(
            "show", "Show the event of a dead letter; what is said of it goes to standard error.")
        {
            Prints = "The event as it came, ready for translate --event; with --json letter and event.",
            Examples =
            [
                ("cimstore dead-letters show ID", "the event, and why it is here"),
                ("cimstore dead-letters show ID > event.json", "to try rules with it"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.LocationFailed, ExitCode.Corrupt, ExitCode.InUse],
        };
        command.Add(id);
        command.Runs(async (session, cancellationToken) =>
        {
            var letters = (await session.OpenAsync(cancellationToken)).DeadLetters(session);
            Show(session, await letters.FindAsync(session.Value(id), cancellationToken)
                ?? throw NotHere(session.Value(id)));
            return ExitCode.Ok;
        });
        return command;
    }

    private static CliCommand CreateReplay()
    {
        var command = new CliCommand("replay", "Try again with the rules that the node, or --config, has now.")
        {
            Prints = "ID<tab>accepted, or ID<tab>kept<tab>code<tab>reason. An accepted letter is gone.",
            Examples = [("cimstore dead-letters replay ID", "after the rules were put right")],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Ids);
        command.Runs(async (session, cancellationToken) =>
        {
            var letters = (await session.OpenAsync(cancellationToken)).DeadLetters(session);
            var exitCode = ExitCode.Ok;
            foreach (var id in session.Value(Ids))
            {
                var answer = await letters.ReplayAsync(id, cancellationToken);
                exitCode = answer is { DeadLetter: null } ? exitCode : ExitCode.NotWell;
                Print(session, new DeadLetterDoneJson(
                    id, answer is null ? "missing" : answer.DeadLetter is null ? "accepted" : "kept",
                    answer?.CommandId.ToString(), answer?.CorrelationId.ToString(), answer?.Code, answer?.Reason));
            }

            return exitCode;
        });
        return command;
    }

    private static CliCommand CreateRemove()
    {
        var command = new CliCommand("rm", "Give events up. They cannot be had back.")
        {
            Prints = "ID<tab>removed",
            Examples =
            [
                ("cimstore dead-letters rm --dry-run ID", "whether it is there"),
                ("cimstore dead-letters rm --yes ID", "its event is gone"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Ids);
        command.Add(DryRun);
        command.Add(Yes);
        command.Runs(async (session, cancellationToken) =>
        {
            var isDry = session.Value(DryRun);
            if (!isDry && !session.Value(Yes))
            {
                throw CliException.Usage("An event that is given up cannot be had back: say --yes, or --dry-run.");
            }

            var letters = (await session.OpenAsync(cancellationToken)).DeadLetters(session);
            var exitCode = ExitCode.Ok;
            foreach (var id in session.Value(Ids))
            {
                var isThere = isDry
                    ? await letters.FindAsync(id, cancellationToken) is not null
                    : await letters.RemoveAsync(id, cancellationToken);
                exitCode = isThere ? exitCode : ExitCode.NotWell;
                Print(session, new DeadLetterDoneJson(
                    id, !isThere ? "missing" : isDry ? "would-be-removed" : "removed", null, null, null, null));
            }

            return exitCode;
        });
        return command;
    }

    private static void Show(CliSession session, WireTypes.DeadLetterReply found)
    {
        var letter = found.Letter;
        if (!session.IsJson)
        {
            session.Say(
                $"{letter.Id} came {Sizes.Of(letter.At)} on {LineEscape.Escape(letter.Subject)}, tried "
                    + $"{letter.Attempts} times, rule {LineEscape.Escape(letter.Rule ?? "none")}");
            session.Say($"{letter.Code}: {LineEscape.Escape(letter.Reason)}");
            session.Out.Utf8(OneLine(found.Event));
            return;
        }

        // The event as it stands: what was parsed cannot always be written again.
        var line = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("letter");
            JsonSerializer.Serialize(writer, TranslatedShape.Of(letter), CliJson.Default.DeadLetterJson);
            writer.WritePropertyName("event");
            writer.WriteRawValue(OneLine(found.Event), skipInputValidation: true);
            writer.WriteEndObject();
        }

        session.Out.Utf8(line.WrittenSpan);
    }

    private static void Print(CliSession session, DeadLetterDoneJson done)
    {
        if (session.IsJson)
        {
            session.Out.Json(done, CliJson.Default.DeadLetterDoneJson);
            return;
        }

        var why = done.Code is null ? "" : $"\t{done.Code}\t{LineEscape.Escape(done.Reason ?? "")}";
        session.Out.Line($"{LineEscape.Escape(done.Id)}\t{done.State}{why}");
    }

    /// <summary>JSON has line breaks between its tokens alone, where a space says the same.</summary>
    private static byte[] OneLine(RawJson json)
    {
        var line = json.Utf8.ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        return line;
    }

    private static CliException NotHere(string id) => CliException.NotFound(
        $"There is no dead letter {LineEscape.Escape(id)}: 'cimstore dead-letters list' shows which there are.");
}
