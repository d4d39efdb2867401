using CimStore.Content;
using CimStore.Http;
using CimStore.Objects;
using CimStore.Translation;

namespace CimStore.Cli.Json;

/// <summary>From what an event became to what is printed.</summary>
internal static class TranslatedShape
{
    public static TranslatedJson Of(string subject, TranslationOutcome outcome)
    {
        var ids = outcome.Identity;
        var commands = outcome as TranslationOutcome.Commands;
        var letter = outcome as TranslationOutcome.DeadLetter;
        return new TranslatedJson(
            letter is null ? "commands" : "dead-letter", subject, commands?.Rule ?? letter?.Rule, letter?.Code,
            letter?.Reason, ids.MessageId?.ToString(), ids.CorrelationId?.ToString(), ids.CausationId?.ToString(),
            ids.Actor, [.. (commands?.All ?? []).Select(Of)]);
    }

    public static DeadLetterJson Of(WireTypes.DeadLetterItem letter) => new(
        letter.Id, letter.At, letter.Subject, letter.Code, letter.Reason, letter.Rule, letter.Attempts,
        letter.SizeBytes);

    private static TranslatedCommandJson Of(TranslatedCommand command)
    {
        var shape = new TranslatedCommandJson(command.Word);
        return command switch
        {
            TranslatedCommand.Store store => Of(shape, store),
            TranslatedCommand.Retrieve retrieve => shape with { Cid = retrieve.Cid.ToString() },
            TranslatedCommand.Replicate replicate => shape with
            {
                Cid = replicate.Cid?.ToString(),
                Factor = replicate.Factor,
                AtLeast = replicate.IsAtLeast,
            },
            TranslatedCommand.Migrate migrate => shape with
            {
                Cid = migrate.Cid?.ToString(),
                Tier = JsonText.Of(migrate.Tier),
            },
            TranslatedCommand.Delete delete => Of(shape, delete.Reference) with
            {
                Cid = delete.Cid.ToString(),
                GraceSeconds = delete.Grace?.TotalSeconds,
            },
            TranslatedCommand.SetName name => Of(shape, name.Reference) with
            {
                Cid = name.Cid?.ToString(),
                Expected = name.Expected?.ToString(),
                MustBeNew = name.MustBeNew,
            },
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static TranslatedCommandJson Of(TranslatedCommandJson shape, TranslatedCommand.Store store) =>
        Of(shape, store.Reference) with
        {
            SizeBytes = store.Content?.Length,
            Cid = store.ExpectedCid?.ToString(),
            Codec = Codecs.Name(store.Codec),
            Hash = HashFunctions.Name(store.HashFunction),
            Class = store.Terms.Class is { } asked ? JsonText.Of(asked) : null,
            DataClass = JsonText.Of(store.Terms.DataClass),
            Level = store.Terms.Level is { } level ? JsonText.Of(level) : null,
            Factor = store.Terms.Factor,
            AcceptDebt = store.Terms.AcceptsDebt,
            Pattern = JsonText.Of(store.Pattern),
        };

    private static TranslatedCommandJson Of(TranslatedCommandJson shape, Reference reference) => shape with
    {
        Owner = reference.Owner.Name,
        Namespace = reference.Namespace.Name,
        Name = reference.Name,
    };
}
