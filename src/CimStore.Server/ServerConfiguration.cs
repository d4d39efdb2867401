using Microsoft.Extensions.Configuration;

namespace CimStore.Server;

/// <summary>
/// Reads <see cref="ServerOptions"/> from a JSON file and from <c>CIMSTORE__</c> variables; once, before the host.
/// </summary>
public static class ServerConfiguration
{
    public const string EnvironmentPrefix = "CIMSTORE__";

    /// <param name="path">A JSON file whose root is the options object; null reads the environment alone.</param>
    /// <exception cref="ArgumentException">A key is unknown or a value out of range; the message names it.</exception>
    public static ServerOptions Read(string? path)
    {
        var builder = new ConfigurationBuilder();
        try
        {
            if (path is not null)
            {
                builder.AddJsonFile(Path.GetFullPath(path), optional: false, reloadOnChange: false);
            }

            return Bind(builder.AddEnvironmentVariables(EnvironmentPrefix).Build());
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException)
        {
            throw new ArgumentException($"The configuration {path} cannot be read: {Deepest(broken)}", broken);
        }
    }

    /// <exception cref="ArgumentException">A key is unknown or a value out of range; the message names it.</exception>
    public static ServerOptions Bind(IConfiguration configuration)
    {
        try
        {
            return configuration.Get<ServerOptions>(binder => binder.ErrorOnUnknownConfiguration = true)
                ?? new ServerOptions();
        }
        catch (Exception invalid) when (invalid is InvalidOperationException or ArgumentException or FormatException)
        {
            throw new ArgumentException($"The configuration is refused: {Deepest(invalid)}", invalid);
        }
    }

    private static string Deepest(Exception exception) =>
        exception.InnerException is { } inner ? $"{exception.Message} {Deepest(inner)}" : exception.Message;
}
