using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Nats.Commands;

/// <summary>Looks for streams that capture what a node answers.</summary>
public static class CommandCapture
{
    /// <summary>None where there are no streams. One that does not acknowledge is no trouble.</summary>
    /// <exception cref="LocationException">JetStream does not answer.</exception>
    public static async ValueTask<ImmutableArray<CapturedCommand>> FindAsync(
        NatsLink link, SubjectProfile profile, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(profile);
        if (!link.Server.HasJetStream)
        {
            return [];
        }

        var commands = CommandVerb.All.Select(verb => profile.CommandSubject(verb.Name)).ToList();
        var found = ImmutableArray.CreateBuilder<CapturedCommand>();
        try
        {
            await foreach (var stream in link.JetStream.ListStreamsAsync(cancellationToken: cancellationToken))
            {
                var config = stream.Info.Config;
                var capture = config.NoAck
                    ? null
                    : (from subject in config.Subjects ?? []
                        from command in commands
                        where Overlap(subject, command)
                        select new CapturedCommand(config.Name ?? "", subject, command)).FirstOrDefault();
                if (capture is not null)
                {
                    found.Add(capture);
                }
            }
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure))
        {
            throw NatsFaults.Of(failure, mayHaveHappened: false, "listing streams");
        }

        return found.ToImmutable();
    }

    /// <summary>Whether there is a subject that both patterns take.</summary>
    internal static bool Overlap(string one, string other)
    {
        var (left, right) = (one.Split('.'), other.Split('.'));
        for (var index = 0; index < left.Length && index < right.Length; index++)
        {
            if (left[index] == ">" || right[index] == ">")
            {
                return true;
            }

            if (left[index] != right[index] && left[index] != "*" && right[index] != "*")
            {
                return false;
            }
        }

        return left.Length == right.Length;
    }
}
